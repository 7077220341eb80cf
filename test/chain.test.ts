import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { AzureKeyCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { scoreSeven } from './support/news2-response.ts';
import { subscribe } from './support/subscriber.ts';
import { occupied, readBoard, sendNews2, settled } from './support/ward.ts';
import { eventually, startWardline, type Wardline } from './support/wardline.ts';

let wardline: Wardline;
before(async () => {
  wardline = await startWardline();
});
after(() => wardline?.stop());

const publishBedMoved = async (data: object): Promise<void> => {
  const { endpoint, key } = wardline.endpoints.eventGrid.in;
  const client = new EventGridPublisherClient(endpoint, 'CloudEvent', new AzureKeyCredential(key), {
    allowInsecureConnection: true,
  });
  await client.send([{ type: 'uk.nhs.wardline.bed.moved.v1', source: '/test/bed-management', data }]);
};

test('a NEWS2 of 7 sent at the bedside stands on the ward board', async () => {
  const who = occupied(await readBoard(wardline, 'J09'));
  const form = await sendNews2(wardline, 'nurse.j09', who, scoreSeven);
  const status = await settled(wardline, 'nurse.j09', form.statusUrl);
  assert.equal(status.status, 'filed', JSON.stringify(status));
  assert.ok(status.links?.some((link) => link.startsWith('QuestionnaireResponse/')));
  const board = await eventually(
    () => readBoard(wardline, 'J09'),
    ({ beds }) => beds.find(({ bed }) => bed === who.bed)?.news2?.total === 7,
  );
  const tile = board.beds.find(({ bed }) => bed === who.bed);
  assert.equal(tile?.news2?.complete, true);
  assert.equal(tile?.news2?.singleParameter, false);
});

test('what a form filed is read back as FHIR, derived from its answers', async () => {
  const who = occupied(await readBoard(wardline, 'J09'), 1);
  const form = await sendNews2(wardline, 'nurse.j09', who, {});
  const status = await settled(wardline, 'nurse.j09', form.statusUrl);
  const answers = status.links?.find((link) => link.startsWith('QuestionnaireResponse/'));
  const observations = status.links?.filter((link) => link.startsWith('Observation/')) ?? [];
  assert.ok(observations.length >= 7, JSON.stringify(status));
  for (const link of observations) {
    const observation = (await (await wardline.call('nurse.j09', `/fhir/${link}`)).json()) as {
      derivedFrom?: { reference: string }[];
    };
    assert.equal(observation.derivedFrom?.[0]?.reference, answers);
  }
});

test('a missing value makes the score incomplete, never 0', async () => {
  const who = occupied(await readBoard(wardline, 'J09'), 2);
  const form = await sendNews2(wardline, 'nurse.j09', who, { pulse: 115 }, { missing: ['temperature'] });
  assert.equal((await settled(wardline, 'nurse.j09', form.statusUrl)).status, 'filed');
  const board = await eventually(
    () => readBoard(wardline, 'J09'),
    ({ beds }) => beds.find(({ bed }) => bed === who.bed)?.news2?.complete === false,
  );
  assert.equal(board.beds.find(({ bed }) => bed === who.bed)?.news2?.total, 2);
});

test('an impossible answer is rejected by name and files nothing', async () => {
  const who = occupied(await readBoard(wardline, 'J09'), 3);
  const form = await sendNews2(wardline, 'nurse.j09', who, { pulse: 1150 });
  const status = await settled(wardline, 'nurse.j09', form.statusUrl);
  assert.equal(status.status, 'rejected');
  assert.equal(status.problems?.[0]?.linkId, 'pulse');
});

test('SpO2 scale 2 is refused where nobody prescribed it', async () => {
  const board = await readBoard(wardline, 'J09');
  const refused: string[] = [];
  for (let index = 0; index < 3; index++) {
    const form = await sendNews2(wardline, 'nurse.j09', occupied(board, index), { 'spo2-scale': '2', spo2: 90 });
    const status = await settled(wardline, 'nurse.j09', form.statusUrl);
    if (status.status === 'rejected') refused.push(...(status.problems ?? []).map(({ linkId }) => linkId));
  }
  assert.ok(refused.includes('spo2-scale'), 'none of three patients was refused scale 2');
});

test('the same Idempotency-Key files one form', async () => {
  const who = occupied(await readBoard(wardline, 'J09'), 4);
  const observedAt = new Date().toISOString();
  const send = () => sendNews2(wardline, 'nurse.j09', who, {}, { observedAt, idempotencyKey: 'one-and-the-same' });
  const [first, second] = [await send(), await send()];
  assert.equal(first.id, second.id);
  assert.equal((await settled(wardline, 'nurse.j09', first.statusUrl)).status, 'filed');
});

test('a bed moved by another system moves the tile, and an older move only becomes history', async () => {
  const before = await readBoard(wardline, 'J09');
  const who = occupied(before, 5);
  const free = before.beds.find(({ state, patient }) => state !== 'occupied' && patient === undefined);
  assert.ok(free);
  const move = {
    trust: 'RR8',
    encounter: who.encounter,
    bed: free.bed,
    occurredAt: new Date().toISOString(),
    sequence: 1,
  };
  await publishBedMoved(move);
  await eventually(
    () => readBoard(wardline, 'J09'),
    ({ beds }) => beds.find(({ bed }) => bed === free.bed)?.patient?.id === who.patient,
  );
  const old = { ...move, bed: who.bed, occurredAt: '2020-01-01T00:00:00Z', sequence: 0 };
  await publishBedMoved(old);
  await publishBedMoved(move);
  const encounter = await eventually(
    async () =>
      (await (await wardline.call('nurse.j09', `/fhir/Encounter/${who.encounter}`)).json()) as {
        location?: { status: string; location: { reference: string } }[];
      },
    ({ location = [] }) =>
      location.some(({ status, location: { reference } }) => status === 'completed' && reference.endsWith(who.bed)) &&
      location.length >= 3,
  );
  assert.equal(encounter.location?.filter(({ status }) => status === 'active').length, 1);
  const after = await readBoard(wardline, 'J09');
  assert.equal(after.beds.find(({ bed }) => bed === free.bed)?.patient?.id, who.patient);
  assert.equal(after.beds.find(({ bed }) => bed === who.bed)?.patient, undefined);
});

test('another system that subscribes hears of a change by its ids, and of nothing else', async (context) => {
  const subscriber = await subscribe(wardline, 'theatre');
  context.after(() => subscriber.close());
  const who = occupied(await readBoard(wardline, 'J09'), 7);
  const form = await sendNews2(wardline, 'nurse.j09', who, {});
  const { links = [] } = await settled(wardline, 'nurse.j09', form.statusUrl);
  const events = await eventually(
    async () => subscriber.heard(),
    (heard) => links.every((link) => heard.some(({ subject }) => subject === link)),
  );
  for (const { type, subject, data } of events.filter((event) => links.includes(event.subject))) {
    assert.equal(type, 'uk.nhs.wardline.record.changed.v1');
    const [resourceType, id] = subject.split('/');
    assert.deepEqual(data, {
      ...{ trust: 'RR8', type: resourceType, id, versionId: '1', change: 'created', patient: who.patient },
    });
  }
});

test('an unchanged board answers 304', async () => {
  const first = await wardline.call('nurse.x01', '/boards/X01');
  const etag = first.headers.get('etag') ?? '';
  assert.equal((await wardline.call('nurse.x01', '/boards/X01', { headers: { 'if-none-match': etag } })).status, 304);
});

test('nobody sees a ward without token, team or relationship', async () => {
  const bare = await fetch(new URL('/boards/J09', wardline.endpoints.functions));
  assert.equal(bare.status, 401);
  for (const user of ['no-team', 'nurse.j10', 'nurse.x01', 'auditor']) {
    assert.equal((await wardline.call(user, '/boards/J09')).status, 403, user);
  }
  const who = occupied(await readBoard(wardline, 'J09'));
  const refused = await wardline.call('nurse.j10', `/fhir/Patient/${who.patient}`);
  assert.equal(refused.status, 403);
  assert.equal(((await refused.json()) as { resourceType: string }).resourceType, 'OperationOutcome');
});

test('a board device sees initials only and no patient', async () => {
  const board = await readBoard(wardline, 'J09', 'board.j09');
  assert.equal(board.mode, 'public');
  for (const bed of board.beds) assert.equal(bed.patient?.id, undefined);
  const who = occupied(await readBoard(wardline, 'J09'));
  assert.equal((await wardline.call('board.j09', `/fhir/Patient/${who.patient}`)).status, 403);
});

test('the audit chains verify', async () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'tools/audit-verify.ts', '--state', wardline.state],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, `${stdout}${stderr}`);
});

test('one trace leads from the form to the hint', async () => {
  const who = occupied(await readBoard(wardline, 'J09'), 6);
  const form = await sendNews2(wardline, 'nurse.j09', who, {});
  await settled(wardline, 'nurse.j09', form.statusUrl);
  const printed = await eventually(
    async () =>
      spawnSync(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', 'tools/trace.ts', form.id, '--state', wardline.state],
        { encoding: 'utf8' },
      ).stdout,
    (text) => /hint/.test(text),
    30_000,
  );
  for (const step of ['submitForm', 'processForm', 'relay', 'projectBoards', 'hint'])
    assert.match(printed, new RegExp(step));
});
