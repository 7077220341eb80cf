import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subscribe } from '../support/subscriber.ts';
import { readBoard } from '../support/ward.ts';
import { sleep, startWardline, type Wardline } from '../support/wardline.ts';
import { amendRecords, assertEventsDelivered, assertVersionsKept } from './amend-records.ts';
import { createCaller } from './answered.ts';
import { assertChainsVerify, assertOneEntryEach } from './audit-trail.ts';
import { assertFiledOnce, fileForms } from './file-forms.ts';
import { assertInBed, moveBeds } from './move-beds.ts';
import { assertBoardsAreRebuilds } from './rebuild.ts';
import { assertPair, readPairs, writePairs } from './write-pairs.ts';

/** Which process dies in each round: every server of the chain, and the host between them. */
const victims = [
  'functions',
  'cosmos',
  'service-bus',
  'functions',
  'web-pubsub',
  'cosmos',
  'event-grid',
  'service-bus',
  'functions',
  'identity',
  'key-vault',
  'blobs',
  'telemetry',
  'cosmos',
  'functions',
  'service-bus',
  'event-grid',
  'functions',
  'cosmos',
  'functions',
];

for (const [name, flags] of [
  ['reads are current', []],
  ['reads without a session may lag', ['--stale-reads', '400']],
] as const) {
  test(`twenty kills under load lose nothing, double nothing and tear nothing, when ${name}`, async (context) => {
    let wardline: Wardline | undefined;
    context.after(() => wardline?.stop());
    wardline = await startWardline(flags);
    await killsUnderLoad(wardline, (text) => context.diagnostic(text));
  });
}

async function killsUnderLoad(wardline: Wardline, say: (text: string) => void): Promise<void> {
  const board = await readBoard(wardline, 'J09');
  const patients = board.beds.flatMap(({ patient, encounter }) =>
    patient?.id && encounter ? [{ patient: patient.id, encounter }] : [],
  );
  const [mover, first, second] = patients;
  const [here, there] = board.beds.filter(({ patient }) => patient === undefined).map(({ bed }) => bed);
  assert.ok(mover && first && second && here && there);
  const nurse = await createCaller(wardline, 'nurse.j09');
  const system = await createCaller(wardline, 'integration');
  const subscriber = await subscribe(wardline, 'faults');

  let loading = true;
  const goesOn = (): boolean => loading;
  const forms = Promise.all([0, 1, 2].map((worker) => fileForms(nurse, patients, worker, goesOn)));
  const written = writePairs(system, [first.patient, second.patient], goesOn);
  const read = readPairs(system, goesOn);
  const amended = amendRecords(
    system,
    patients.map(({ patient }) => patient),
    goesOn,
  );
  const moved = moveBeds(wardline, mover, [here, there], goesOn);
  for (const victim of victims) {
    await sleep(700);
    wardline.kill(victim);
    await wardline.ready();
  }
  loading = false;
  const accepted = (await forms).flat();
  const [last, reads, movements, versions] = [await written, await read, await moved, await amended];
  const requests = nurse.answered.length + system.answered.length;
  say(
    `${accepted.length} forms, ${last} pairs written, ${reads} read, ${versions.length} versions, ${requests} answers`,
  );
  const least = Math.min(accepted.length, last, reads, versions.length);
  assert.ok(least > 10, 'too little came through to prove anything');

  await assertFiledOnce(nurse, accepted, patients);
  await assertPair(system, last);
  await assertVersionsKept(system, versions);
  await assertEventsDelivered(subscriber, versions);
  await subscriber.close();
  await assertInBed(wardline, mover, movements);
  await assertBoardsAreRebuilds(wardline, ['J09', 'J10']);
  await assertOneEntryEach(wardline, [...nurse.answered, ...system.answered]);
  await assertChainsVerify(wardline);
}
