import assert from 'node:assert/strict';
import { sleep } from '../support/wardline.ts';
import type { Caller } from './answered.ts';

/** Two Observations of two patients, always written together: whoever reads different values saw a torn transaction. */
const ids = ['torn-one', 'torn-two'] as const;

const observation = (id: string, patient: string, value: number): object => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: 'a number that two patients share' },
  subject: { reference: `Patient/${patient}` },
  valueInteger: value,
});

/** Writes both values in one transaction until it is told to stop. @returns the last that was answered */
export async function writePairs(
  { call }: Caller,
  patients: readonly [string, string],
  goesOn: () => boolean,
): Promise<number> {
  let last = 0;
  for (let value = 1; goesOn(); value++) {
    const entry = ids.map((id, index) => ({
      request: { method: 'PUT', url: `Observation/${id}` },
      resource: observation(id, patients[index] ?? '', value),
    }));
    const body = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry });
    const answer = await call('/fhir', { method: 'POST', body });
    if (answer?.status === 200) last = value;
    await sleep(20);
  }
  return last;
}

/** Reads both together until it is told to stop, and never sees two values. @returns how often it read */
export async function readPairs({ call }: Caller, goesOn: () => boolean): Promise<number> {
  let read = 0;
  for (; goesOn(); ) {
    const values = await pair(call);
    if (values === undefined) {
      await sleep(50);
      continue;
    }
    assert.equal(new Set(values).size, 1, `a torn transaction was read: ${values.join(' and ')}`);
    read += 1;
  }
  return read;
}

/** Nothing that was answered is lost, and the pair is whole. */
export async function assertPair({ call }: Caller, last: number): Promise<void> {
  const values = await pair(call);
  assert.equal(values?.length, 2);
  assert.equal(values[0], values[1]);
  assert.ok((values[0] ?? 0) >= last, `${values[0]} was read, ${last} was answered`);
}

async function pair(call: Caller['call']): Promise<number[] | undefined> {
  const answer = await call(`/fhir/Observation?_id=${ids.join()}`);
  if (answer?.status !== 200) return undefined;
  const { entry = [] } = answer.body as { entry?: { resource: { valueInteger: number } }[] };
  assert.ok(entry.length === 0 || entry.length === 2, `${entry.length} of two that are written together were read`);
  return entry.length === 0 ? undefined : entry.map(({ resource }) => resource.valueInteger);
}
