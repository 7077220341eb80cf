import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { compareBoards } from '../shared/boards/index.ts';
import { occupied, readBoard } from './support/ward.ts';
import { eventually, startWardline, type Wardline } from './support/wardline.ts';

let wardline: Wardline;
before(async () => {
  wardline = await startWardline();
});
after(() => wardline?.stop());

interface Fhir {
  readonly total?: number;
  readonly issue?: readonly { readonly code: string; readonly expression?: readonly string[] }[];
  readonly [name: string]: unknown;
}

async function send(
  user: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Fhir }> {
  const response = await wardline.call(user, path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Fhir };
}
const parameters = (source: string, target: string) => ({
  resourceType: 'Parameters',
  parameter: [
    { name: 'source-patient', valueReference: { reference: `Patient/${source}` } },
    { name: 'target-patient', valueReference: { reference: `Patient/${target}` } },
  ],
});

test('boards follow a merge and its undoing, and both patients are told of it', async () => {
  const [j09, j10] = [await readBoard(wardline, 'J09'), await readBoard(wardline, 'J10')];
  const [a, b] = [occupied(j09, 0), occupied(j10, 3)];
  const merged = await send('integration', 'POST', '/fhir/Patient/$merge', parameters(a.patient, b.patient));
  assert.equal(merged.status, 200, JSON.stringify(merged.body));
  assert.equal(merged.body['resourceType'], 'Parameters');
  const beds = async () => [...(await readBoard(wardline, 'J09')).beds, ...(await readBoard(wardline, 'J10')).beds];
  // The bed that the person came to last: the first bed of J09, two hours ago.
  const now = await eventually(beds, (all) =>
    all.some(({ bed, patient }) => bed === a.bed && (patient as { id?: string } | undefined)?.id === b.patient),
  );
  assert.equal(now.find(({ bed }) => bed === b.bed)?.state, 'empty', 'one person is in one bed');
  for (const { patient } of [a, b]) {
    const read = await send('integration', 'GET', `/fhir/Patient/${patient}`);
    assert.equal(read.status, 200);
    const encounters = await send('integration', 'GET', `/fhir/Encounter?patient=${patient}`);
    assert.equal(encounters.body.total, 2);
    const entries = await eventually(
      () => send('auditor', 'GET', `/fhir/AuditEvent?patient=${patient}`),
      ({ body }) => JSON.stringify(body).includes('"merge"'),
    );
    assert.equal(entries.status, 200);
  }
  const seen = await send('nurse.j09', 'GET', `/fhir/Patient/${b.patient}`);
  assert.equal(seen.status, 200, 'the nurse of the ward where the other came to');

  const undone = await send('integration', 'POST', `/fhir/Patient/${a.patient}/$unmerge`);
  assert.equal(undone.status, 200, JSON.stringify(undone.body));
  await eventually(
    async () => [await readBoard(wardline, 'J09'), await readBoard(wardline, 'J10')] as const,
    ([first, second]) =>
      compareBoards({ beds: j09.beds as never }, { beds: first.beds as never }).length === 0 &&
      compareBoards({ beds: j10.beds as never }, { beds: second.beds as never }).length === 0,
  );
});

test('what cannot be merged is refused with what to change', async () => {
  const [a, b] = [occupied(await readBoard(wardline, 'J09'), 1), occupied(await readBoard(wardline, 'J10'), 1)];
  for (const body of [
    {},
    { resourceType: 'Parameters' },
    { ...parameters(a.patient, b.patient), parameter: parameters(a.patient, b.patient).parameter.slice(1) },
    parameters('a b', b.patient),
    { resourceType: 'Patient' },
  ]) {
    const refused = await send('integration', 'POST', '/fhir/Patient/$merge', body);
    assert.equal(refused.status, 400, JSON.stringify(refused.body));
    assert.match(refused.body.issue?.[0]?.expression?.[0] ?? '', /source-patient/);
  }
  const merge = (user: string, source: string, target: string) =>
    send(user, 'POST', '/fhir/Patient/$merge', parameters(source, target));
  assert.equal((await merge('integration', a.patient, a.patient)).status, 422);
  assert.equal((await merge('integration', a.patient, 'nobody')).status, 404);
  assert.equal((await merge('nurse.j09', a.patient, b.patient)).status, 403);
  assert.equal((await merge('ward-clerk.j09', a.patient, b.patient)).status, 403, 'a clerk of one of the wards');
  assert.equal((await send('integration', 'POST', `/fhir/Patient/${a.patient}/$unmerge`)).status, 409);
  assert.equal((await send('integration', 'POST', '/fhir/Observation/$merge', {})).status, 404);
});
