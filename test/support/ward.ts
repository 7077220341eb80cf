import assert from 'node:assert/strict';
import { type Answers, news2Response } from './news2-response.ts';
import { eventually, type Wardline } from './wardline.ts';

/** A bed of `GET /boards/{ward}`. */
export interface BoardBed {
  bed: string;
  state: string;
  encounter?: string;
  patient?: { id?: string; label: string; age?: number; sex?: string };
  news2?: { total: number; complete: boolean; singleParameter: boolean; observedAt: string; trend?: string };
}
export interface BoardAnswer {
  ward: string;
  version: number;
  asOf: string;
  mode: string;
  beds: BoardBed[];
}
export interface FormStatus {
  id: string;
  status: 'received' | 'filed' | 'rejected';
  statusUrl: string;
  receivedAt: string;
  filedAt?: string;
  links?: string[];
  problems?: { linkId: string; reason: string }[];
}

/** Reads a ward's board as a nurse of that ward. */
export async function readBoard(
  wardline: Wardline,
  ward: string,
  user = `nurse.${ward.toLowerCase()}`,
): Promise<BoardAnswer> {
  const response = await wardline.call(user, `/boards/${ward}`);
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as BoardAnswer;
}

/** A bed with a patient whose ids the nurse may see. */
export function occupied(board: BoardAnswer, index = 0): { bed: string; patient: string; encounter: string } {
  const beds = board.beds.filter((bed) => bed.patient?.id !== undefined && bed.encounter !== undefined);
  const bed = beds[index];
  assert.ok(bed?.patient?.id && bed.encounter, `no occupied bed ${index} on ${board.ward}`);
  return { bed: bed.bed, patient: bed.patient.id, encounter: bed.encounter };
}

/** Sends NEWS2 answers; the answer is 202 or the test fails. */
export async function sendNews2(
  wardline: Wardline,
  user: string,
  who: { patient: string; encounter: string },
  answers: Answers,
  options: { observedAt?: string; missing?: string[]; idempotencyKey?: string } = {},
): Promise<FormStatus> {
  const observedAt = options.observedAt ?? new Date().toISOString();
  const response = await wardline.call(user, '/forms/news2/responses', {
    method: 'POST',
    headers: options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey },
    body: JSON.stringify(news2Response(who.patient, who.encounter, answers, observedAt, options.missing)),
  });
  assert.equal(response.status, 202, await response.clone().text());
  return (await response.json()) as FormStatus;
}

/** Asks the status URL until the form is filed or rejected. */
export const settled = (wardline: Wardline, user: string, statusUrl: string, timeout = 15_000): Promise<FormStatus> =>
  eventually(
    async () => (await (await wardline.call(user, statusUrl)).json()) as FormStatus,
    ({ status }) => status === 'filed' || status === 'rejected',
    timeout,
  );
