import type { Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import type { FhirResource } from '../fhir/index.ts';
import type { Keyring } from '../keys/index.ts';

/** What a status URL tells of a form, so that "received" needs no second write. */
export interface Receipt {
  readonly id: string;
  /** The patient's token. */
  readonly patient: string;
  readonly receivedAt: Date;
  /** {@link answersDigest} of what was sent. */
  readonly digest: string;
}

const form = /^(([0-9a-z]{12})\.[0-9A-Z]{26})\.([0-9a-z]{1,9})\.(\w+\.[\w-]{43})\.([\w.-]+)$/;

/** The receipt as the last part of a URL, signed for its trust. */
export async function writeReceipt(keyring: Keyring, trust: Ods, receipt: Omit<Receipt, 'patient'>): Promise<string> {
  const { id, receivedAt, digest } = receipt;
  const text = `${id}.${receivedAt.getTime().toString(36)}.${digest}`;
  return `${text}.${await keyring.sign(trust, 'status', text)}`;
}

/** @throws WardlineError `not-found` when it is not what {@link writeReceipt} made for this trust */
export async function readReceipt(keyring: Keyring, trust: Ods, text: string): Promise<Receipt> {
  const [, id = '', patient = '', moment = '', digest = '', signature = ''] = form.exec(text) ?? [];
  if (id === '' || !(await keyring.verify(trust, 'status', `${id}.${moment}.${digest}`, signature)))
    throw new WardlineError('not-found', 'There is no such form.');
  return { id, patient, receivedAt: new Date(Number.parseInt(moment, 36)), digest };
}

/** Filing keeps these elements as they were sent. */
const answersOf = (response: FhirResource): string =>
  JSON.stringify([response['subject'], response['encounter'], response['item']]);

/** Tells two responses apart by what they answer; keyed, so that nobody can try answers against a URL. */
export const answersDigest = (keyring: Keyring, trust: Ods, response: FhirResource): Promise<string> =>
  keyring.sign(trust, 'form-answers', answersOf(response));

/** Whether a response holds the answers that the receipt was given for. */
export const isReceiptOf = (keyring: Keyring, trust: Ods, receipt: Receipt, response: FhirResource): Promise<boolean> =>
  keyring.verify(trust, 'form-answers', answersOf(response), receipt.digest);
