import assert from 'node:assert/strict';
import { news2Response } from '../support/news2-response.ts';
import type { FormStatus } from '../support/ward.ts';
import { eventually, sleep } from '../support/wardline.ts';
import type { Caller } from './answered.ts';

export interface Admitted {
  readonly patient: string;
  readonly encounter: string;
}

/** Files forms until it is told to stop. @returns those that were answered 202 */
export async function fileForms(
  { call }: Caller,
  patients: readonly Admitted[],
  worker: number,
  goesOn: () => boolean,
): Promise<FormStatus[]> {
  const accepted: FormStatus[] = [];
  for (let n = 0; goesOn(); n++) {
    const who = patients[(worker * 7 + n) % patients.length];
    if (who === undefined) break;
    const { patient, encounter } = who;
    const answers = { pulse: 60 + (n % 50) };
    const answer = await call('/forms/news2/responses', {
      method: 'POST',
      body: JSON.stringify(news2Response(patient, encounter, answers, new Date().toISOString())),
      headers: { 'idempotency-key': `${worker}-${n}` },
    });
    if (answer?.status === 202) accepted.push(answer.body as FormStatus);
    else await sleep(100);
  }
  return accepted;
}

/** Every form that was answered 202 is filed, once, and nothing else stands under a form's identifier. */
export async function assertFiledOnce({ call }: Caller, forms: readonly FormStatus[], patients: readonly Admitted[]) {
  for (const { statusUrl } of forms) {
    const status = await eventually(
      async () => (await call(new URL(statusUrl).pathname))?.body as FormStatus | undefined,
      (answer) => answer?.status === 'filed' || answer?.status === 'rejected',
      90_000,
    );
    assert.equal(status?.status, 'filed');
  }
  const filed: (string | undefined)[] = [];
  for (const { patient } of patients) {
    const found = await call(`/fhir/QuestionnaireResponse?patient=Patient/${patient}&_count=1000`);
    assert.equal(found?.status, 200);
    const { entry = [] } = found.body as { entry?: { resource: { identifier?: { value?: string } } }[] };
    filed.push(...entry.map(({ resource }) => resource.identifier?.value));
  }
  assert.equal(new Set(filed).size, filed.length, 'a form was filed twice');
  for (const { id } of forms) assert.ok(filed.includes(id), `form ${id} is missing`);
}
