import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CosmosClient } from '@azure/cosmos';
import { makePatients } from '../demo/patients.ts';
import { compareBoards } from '../shared/boards/index.ts';
import { database } from '../shared/topology.ts';
import { occupied, readBoard, sendNews2, settled } from './support/ward.ts';
import { eventually, startWardline, type Wardline } from './support/wardline.ts';

interface Rotation {
  readonly id: string;
  readonly status: string;
  readonly statusUrl: string;
  readonly phase?: string;
  readonly pass?: number;
  readonly patients?: number;
  readonly changed?: number;
}

let wardline: Wardline;
before(async () => {
  wardline = await startWardline();
});
after(() => wardline?.stop());

const path = '/operations/keys/rotate';
/** An answer that there is none now is asked for again. */
const ask = async (url: string): Promise<Rotation> => {
  const response = await wardline.call('operations', url);
  const answer = (await response.json()) as Rotation;
  return response.status === 503 ? { ...answer, status: 'running' } : answer;
};

/** What stands in a container of a trust. */
async function documents(container: string): Promise<Record<string, unknown>[]> {
  const client = new CosmosClient({ ...wardline.endpoints.cosmos });
  const { resources } = await client.database(database).container(container).items.query('SELECT * FROM c').fetchAll();
  client.dispose();
  return resources.filter((document) => String(document.partition ?? document.trust).startsWith('RR8'));
}

test("a trust's keys are rotated under way: killed half-way it ends, nothing is missed, and another trust's stay", async () => {
  const board = await readBoard(wardline, 'J09');
  const [known] = makePatients(1, 9);
  const search = async (): Promise<number> => {
    const query = new URLSearchParams({ identifier: `https://fhir.nhs.uk/Id/nhs-number|${known?.nhsNumber}` });
    const answer = await wardline.call('integration', `/fhir/Patient?${query}`);
    return ((await answer.json()) as { total: number }).total;
  };
  const started = await wardline.call('operations', path, { method: 'POST' });
  assert.equal(started.status, 202, await started.clone().text());
  const rotation = (await started.json()) as Rotation;
  const again = (await (await wardline.call('operations', path, { method: 'POST' })).json()) as Rotation;
  assert.equal(again.id, rotation.id, 'one at a time');
  await eventually(
    () => ask(rotation.statusUrl),
    ({ phase }) => phase === 'record',
    90_000,
  );
  const form = await sendNews2(wardline, 'nurse.j09', occupied(board), { pulse: 115 });
  wardline.kill('functions');
  await wardline.ready();
  assert.equal(await search(), 1, 'found while its terms are hashed anew');
  await settled(wardline, 'nurse.j09', form.statusUrl);
  const ended = await eventually(
    () => ask(rotation.statusUrl),
    ({ status }) => status !== 'running',
    240_000,
  );
  assert.deepEqual([ended.status, ended.phase, ended.patients], ['completed', 'done', 48]);
  assert.ok((ended.changed ?? 0) > 200, JSON.stringify(ended));
  const old = (await documents('records')).filter(({ id, wrappedKey, sealed, search: terms }) =>
    [wrappedKey, sealed, String(id).split('|')[2], ...((terms as string[] | undefined) ?? [])].some(
      (text) => typeof text === 'string' && /^[dh]1\./.test(text),
    ),
  );
  assert.deepEqual(
    old.map(({ id }) => id),
    [],
  );
  const tiles = (await documents('boards')).filter(({ sealed }) => sealed !== undefined);
  assert.ok(tiles.length >= 48 && tiles.every(({ sealed }) => String(sealed).startsWith('d2.')));
  assert.deepEqual((await documents('keys')).map(({ id }) => id).sort(), ['d1', 'd2', 'h2', 'state']);
  assert.equal(await search(), 1);
  const now = await eventually(
    () => readBoard(wardline, 'J09'),
    ({ beds }) => beds.some(({ bed, news2 }) => bed === occupied(board).bed && news2?.total === 2),
  );
  assert.equal(compareBoards({ beds: board.beds as never }, { beds: now.beds as never }).length, 1, 'the new score');
  assert.equal((await wardline.call('operations.rxf', rotation.statusUrl)).status, 404);
});

test('rotating keys is for those who run the system', async () => {
  for (const user of ['nurse.j09', 'auditor', 'privacy-officer', 'integration'])
    assert.equal((await wardline.call(user, path, { method: 'POST' })).status, 403, user);
  assert.equal((await wardline.call('operations', `${path}/01HZZZZZZZZZZZZZZZZZZZZZZZ`)).status, 404);
});
