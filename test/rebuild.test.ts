import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CosmosClient } from '@azure/cosmos';
import { type BoardBed, compareBoards } from '../shared/boards/index.ts';
import { database } from '../shared/topology.ts';
import { occupied, readBoard, sendNews2, settled } from './support/ward.ts';
import { eventually, startWardline, type Wardline } from './support/wardline.ts';

interface Rebuild {
  readonly id: string;
  readonly status: string;
  readonly statusUrl: string;
  readonly updatedAt: string;
  readonly wards?: number;
  readonly rebuilt?: number;
  readonly patients?: number;
  readonly corrected?: number;
  readonly problems?: readonly unknown[];
}

let wardline: Wardline;
before(async () => {
  wardline = await startWardline();
});
after(() => wardline?.stop());

const start = async (): Promise<Rebuild> => {
  const response = await wardline.call('operations', '/operations/boards/rebuild', { method: 'POST' });
  assert.equal(response.status, 202, await response.clone().text());
  const rebuild = (await response.json()) as Rebuild;
  assert.equal(response.headers.get('location'), rebuild.statusUrl);
  return rebuild;
};
const ask = async ({ statusUrl }: Rebuild): Promise<Rebuild> =>
  (await (await wardline.call('operations', statusUrl)).json()) as Rebuild;
const boards = async (): Promise<BoardBed[]> =>
  (await Promise.all(['J09', 'J10'].map((ward) => readBoard(wardline, ward)))).flatMap(
    ({ beds }) => beds as BoardBed[],
  );

/** Takes a patient off a board, as no event would. */
async function tearTile(ward: string, patient: string): Promise<void> {
  const client = new CosmosClient({ ...wardline.endpoints.cosmos });
  await client.database(database).container('boards').item(`tile|${patient}`, `RR8|${ward}`).delete();
  client.dispose();
}

test('a rebuild that is killed half-way finishes after the restart, and the boards are what they were', async () => {
  const [first, second] = [await readBoard(wardline, 'J09'), await readBoard(wardline, 'J10')];
  // The first bed's patient has an id of its own choice, under which no tile is kept.
  const who = occupied(first, 1);
  const form = await sendNews2(wardline, 'nurse.j09', who, { pulse: 115 });
  await settled(wardline, 'nurse.j09', form.statusUrl);
  await eventually(boards, (beds) => beds.find(({ bed }) => bed === who.bed)?.news2?.total === 2);
  const live = await boards();
  await tearTile('J09', who.patient);
  await tearTile('J10', occupied(second).patient);
  assert.equal(compareBoards({ beds: live }, { beds: await boards() }).length, 2, 'two patients are off their boards');

  let killed = 0;
  let rebuild = await start();
  for (let attempt = 0; attempt < 5 && killed === 0; attempt++) {
    const { status } = await eventually(
      () => ask(rebuild),
      ({ status: now, wards }) => wards === 2 || now !== 'running',
    );
    if (status === 'running') {
      wardline.kill('functions');
      killed = Date.now();
      await wardline.ready();
    } else rebuild = await start();
  }
  assert.ok(killed > 0, 'no rebuild took long enough to be killed half-way');
  const ended = await eventually(
    () => ask(rebuild),
    ({ status }) => status !== 'running',
    30_000,
  );
  assert.deepEqual([ended.status, ended.wards, ended.rebuilt, ended.problems], ['completed', 2, 2, []]);
  assert.ok(Date.parse(ended.updatedAt) >= killed - 1000, 'it ended after the kill');
  assert.deepEqual(compareBoards({ beds: live }, { beds: await boards() }), []);
});

test('a rebuild of boards that are right corrects nothing', async () => {
  const rebuild = await start();
  const ended = await eventually(
    () => ask(rebuild),
    ({ status }) => status !== 'running',
  );
  assert.deepEqual([ended.status, ended.rebuilt, ended.corrected], ['completed', 2, 0]);
});

test('whoever asks while a rebuild runs is told of that one, and nobody gets a key of the host', async () => {
  const [one, other] = await Promise.all([start(), start()]);
  assert.equal(one.id, other.id);
  const told = await (await wardline.call('operations', one.statusUrl)).text();
  assert.doesNotMatch(JSON.stringify([one, other]) + told, /code=|webhooks|durabletask/);
});

test('rebuilds are for those who run the system, each of them for their own trust', async () => {
  const path = '/operations/boards/rebuild';
  const bare = await fetch(new URL(path, wardline.endpoints.functions), { method: 'POST' });
  assert.equal(bare.status, 401);
  for (const user of ['nurse.j09', 'auditor', 'board.j09', 'integration'])
    assert.equal((await wardline.call(user, path, { method: 'POST' })).status, 403, user);
  for (const run of ['01HZZZZZZZZZZZZZZZZZZZZZZZ', 'x', 'INSTANCEID'])
    assert.equal((await wardline.call('operations', `${path}/${run}`)).status, 404, run);
});
