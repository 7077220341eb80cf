import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CosmosClient } from '@azure/cosmos';
import { containers, database } from '../shared/topology.ts';
import { occupied, readBoard } from './support/ward.ts';
import { eventually, startWardline, type Wardline } from './support/wardline.ts';

let wardline: Wardline;
before(async () => {
  wardline = await startWardline();
});
after(() => wardline?.stop());

interface Erasure {
  readonly id: string;
  readonly status: string;
  readonly statusUrl: string;
  readonly approveUrl: string;
  readonly phase?: string;
  readonly remaining?: readonly string[];
}

const post = (user: string, path: string, body: unknown = {}): Promise<Response> =>
  wardline.call(user, path, { method: 'POST', body: JSON.stringify(body) });
const why = { reason: 'court-order', reference: 'IG-2026/17' };

/** Everything that stands in every container. */
async function everywhere(): Promise<Record<string, unknown>[]> {
  const client = new CosmosClient({ ...wardline.endpoints.cosmos });
  const all = await Promise.all(
    Object.keys(containers).map(
      async (name) =>
        (await client.database(database).container(name).items.query('SELECT * FROM c').fetchAll()).resources,
    ),
  );
  client.dispose();
  return all.flat();
}

/** Ends a patient's stay. */
async function discharge(encounter: string): Promise<void> {
  const response = await wardline.call('integration', `/fhir/Encounter/${encounter}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json-patch+json' },
    body: JSON.stringify([{ op: 'replace', path: '/status', value: 'finished' }]),
  });
  assert.equal(response.status, 200, await response.text());
}

test('a record is erased by two people, killed half-way too; boards forget it, the audit trail remembers that it was', async () => {
  const { patient, encounter, bed } = occupied(await readBoard(wardline, 'J09'), 1);
  const early = await post('privacy-officer', `/operations/patients/${patient}/erase`, why);
  assert.equal(early.status, 422, 'the patient is on a ward');
  await discharge(encounter);
  await eventually(
    () => readBoard(wardline, 'J09'),
    ({ beds }) => beds.some((one) => one.bed === bed && one.state === 'empty'),
  );
  // Read without a session: a replica that lags may answer.
  const before = await eventually(everywhere, (documents) =>
    documents.some(({ kind, patient: whose }) => kind === 'past-tile' && whose === patient),
  );
  const wrapped = before.find(({ kind, of }) => kind === 'head' && of === patient)?.['wrappedKey'];
  assert.equal(typeof wrapped, 'string');

  const asked = await post('privacy-officer', `/operations/patients/${patient}/erase`, why);
  assert.equal(asked.status, 202, await asked.clone().text());
  const { statusUrl, approveUrl } = (await asked.json()) as Erasure;
  assert.equal((await post('privacy-officer', approveUrl)).status, 403, 'who asked may not agree');
  assert.equal((await wardline.call('integration', `/fhir/Patient/${patient}`)).status, 200, 'nothing happened yet');
  assert.equal((await post('operations', approveUrl)).status, 202);
  const ask = async (): Promise<Erasure> =>
    (await (await wardline.call('privacy-officer', statusUrl)).json()) as Erasure;
  await eventually(ask, ({ phase }) => phase === 'sweeping', 30_000);
  wardline.kill('functions');
  await wardline.ready();
  const ended = await eventually(ask, ({ status }) => status === 'completed', 120_000);
  assert.deepEqual([ended.phase, ended.remaining], ['done', []]);

  assert.equal((await wardline.call('integration', `/fhir/Patient/${patient}`)).status, 410);
  const kindsIn = (documents: Awaited<ReturnType<typeof everywhere>>): string[] =>
    documents
      .filter((document) => JSON.stringify(document).includes(patient))
      .map(({ kind, entry, recorded }) => String(kind ?? ((entry ?? recorded) ? 'disclosure' : 'other')));
  // Ids alone: that there was a record, who saw it, and who had it erased.
  const allowed = ['head', 'outbox', 'erasure', 'entry', 'disclosure', 'no-tile', 'placement', 'transaction'];
  const left = await eventually(
    everywhere,
    (documents) =>
      !JSON.stringify(documents).includes(String(wrapped)) &&
      kindsIn(documents).every((kind) => allowed.includes(kind)),
  );
  const kinds = new Set(kindsIn(left));
  assert.ok(kinds.has('entry') && kinds.has('erasure'), [...kinds].join());
  const entries = await wardline.call('auditor', `/fhir/AuditEvent?patient=${patient}`);
  assert.ok(((await entries.json()) as { total: number }).total >= 3, 'the trail stays');
  const still = await readBoard(wardline, 'J09');
  assert.ok(!JSON.stringify(still).includes(patient));
});

test('what is asked wrongly is refused with what to change', async () => {
  const { patient } = occupied(await readBoard(wardline, 'J10'));
  const path = `/operations/patients/${patient}/erase`;
  for (const [body, field] of [
    [{ ...why, reason: 'because' }, 'reason'],
    [{ ...why, reference: 'NHS 9990000409' }, 'reference'],
    [{ ...why, reference: '9990000409' }, 'reference'],
    [[], 'reason'],
  ] as const) {
    const response = await post('privacy-officer', path, body);
    assert.equal(response.status, 400);
    assert.match(await response.text(), new RegExp(field));
  }
  for (const user of ['nurse.j09', 'operations', 'auditor', 'integration'])
    assert.equal((await post(user, path, why)).status, 403, user);
  assert.equal((await post('privacy-officer', '/operations/patients/nobody/erase', why)).status, 404);
  assert.equal((await post('operations', '/operations/erasures/x/approve')).status, 404);
});
