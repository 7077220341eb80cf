import assert from 'node:assert/strict';
import type { Subscriber } from '../support/subscriber.ts';
import { eventually, sleep } from '../support/wardline.ts';
import type { Caller } from './answered.ts';

/** A version that was acknowledged. */
export interface Version {
  readonly id: string;
  readonly versionId: string;
  /** Undefined: it is a deletion. */
  readonly value?: number;
}

const observation = (patient: string, value: number, id?: string): string =>
  JSON.stringify({
    resourceType: 'Observation',
    ...(id === undefined ? {} : { id }),
    status: 'final',
    code: { text: 'a number that is amended' },
    subject: { reference: `Patient/${patient}` },
    valueInteger: value,
  });

/**
 * Creates, updates with If-Match, patches and deletes, one resource after the other, until it is told to stop.
 * @returns the versions that were acknowledged
 */
export async function amendRecords(
  { call }: Caller,
  patients: readonly string[],
  goesOn: () => boolean,
): Promise<Version[]> {
  const acknowledged: Version[] = [];
  const send = async (path: string, init: RequestInit, value?: number): Promise<Version | undefined> => {
    const answer = await call(path, init);
    if (answer === undefined || answer.status >= 300) {
      await sleep(100);
      return undefined;
    }
    const { id = path.split('/').at(-1) ?? '', meta } = (answer.body ?? {}) as { id?: string; meta?: object };
    const versionId = String(Reflect.get(meta ?? {}, 'versionId') ?? '');
    const version = { id, versionId, ...(value === undefined ? {} : { value }) };
    if (versionId !== '') acknowledged.push(version);
    return version;
  };
  for (let n = 0; goesOn(); n++) {
    const patient = patients[n % patients.length] ?? '';
    const created = await send('/fhir/Observation', { method: 'POST', body: observation(patient, n) }, n);
    if (created === undefined) continue;
    const path = `/fhir/Observation/${created.id}`;
    const headers = { 'if-match': `W/"${created.versionId}"` };
    const updated = await send(path, { method: 'PUT', headers, body: observation(patient, n + 1, created.id) }, n + 1);
    if (updated === undefined || n % 2 === 0) continue;
    const patch = JSON.stringify([{ op: 'replace', path: '/valueInteger', value: n + 2 }]);
    const patched = await send(
      path,
      { method: 'PATCH', headers: { 'content-type': 'application/json-patch+json' }, body: patch },
      n + 2,
    );
    if (patched !== undefined && n % 4 === 1) await send(path, { method: 'DELETE' });
  }
  return acknowledged;
}

/** Every acknowledged version is there with its content. */
export async function assertVersionsKept({ call }: Caller, versions: readonly Version[]): Promise<void> {
  for (const { id, versionId, value } of versions) {
    const answer = await call(`/fhir/Observation/${id}/_history/${versionId}`);
    assert.equal(answer?.status, 200, `version ${versionId} of ${id}`);
    assert.equal((answer.body as { valueInteger: number }).valueInteger, value);
  }
}

/** Every acknowledged version was told to the outside. */
export async function assertEventsDelivered(subscriber: Subscriber, versions: readonly Version[]): Promise<void> {
  const told = (): Set<string> =>
    new Set(
      subscriber
        .heard()
        .map(({ data }) => data as { id: string; versionId: string })
        .map(({ id, versionId }) => `${id}/${versionId}`),
    );
  const untold = (): Version[] => {
    const heard = told();
    return versions.filter(({ id, versionId }) => !heard.has(`${id}/${versionId}`));
  };
  assert.deepEqual(
    await eventually(
      async () => untold(),
      (missing) => missing.length === 0,
      90_000,
    ),
    [],
  );
}
