import type { Actor, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import type { Form } from './news2-questionnaire.ts';
import { publishedForms } from './published-forms.ts';

/** A form on its way through the queue `form-intake`: ids in clear, the response sealed with the patient's key. */
export interface IntakeMessage {
  readonly id: string;
  readonly trust: Ods;
  readonly form: string;
  readonly patient: string;
  /** RFC 3339. */
  readonly receivedAt: string;
  readonly actor: Omit<Actor, 'displayName'>;
  readonly traceparent: string;
  /** What is sealed, or … */
  readonly sealed?: string;
  /** … the name of the blob that holds it. */
  readonly blob?: string;
}

/** What the sealed response is bound to: it opens for this form of this trust only. */
export const sealedFor = ({ trust, id }: Pick<IntakeMessage, 'trust' | 'id'>): string => `form|${trust}|${id}`;

/** @throws WardlineError `malformed-message`: no delivery can ever succeed */
export function readIntakeMessage(raw: unknown): { message: IntakeMessage; form: Form } {
  const malformed = (what: string) => new WardlineError('malformed-message', `A message on form-intake ${what}.`);
  if (typeof raw !== 'object' || raw === null) throw malformed('is no object');
  for (const name of ['id', 'trust', 'form', 'patient', 'receivedAt', 'traceparent'])
    if (typeof Reflect.get(raw, name) !== 'string') throw malformed(`has no ${name}`);
  const message = raw as IntakeMessage;
  if (typeof message.actor !== 'object' || message.actor === null) throw malformed('has no actor');
  if (typeof (message.sealed ?? message.blob) !== 'string') throw malformed('has neither sealed nor blob');
  const form = publishedForms.get(message.form);
  if (form === undefined) throw malformed('names a form that is not published');
  return { message, form };
}
