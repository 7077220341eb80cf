import type { Call } from '../context.ts';
import type { AnswerProblem } from './answers.ts';

/** What became of a form that was sent. */
export interface FormStatus {
  readonly id: string;
  readonly status: 'received' | 'filed' | 'rejected';
  /** RFC 3339. */
  readonly receivedAt: string;
  /** RFC 3339; when it was filed or rejected. */
  readonly filedAt?: string;
  /** References to what was filed: the QuestionnaireResponse first. */
  readonly links?: readonly string[];
  readonly problems?: readonly AnswerProblem[];
}

/** Clinical forms. */
export interface Forms {
  list(): readonly { name: string; title: string; version: string; url: string }[];
  /** The form as a FHIR Questionnaire. @throws WardlineError `not-found` */
  definition(name: string): object;
  /**
   * Durable on the queue when it resolves. The same `idempotencyKey` for the same form, patient and caller is the same form.
   * @throws WardlineError `invalid-body`, `business-rule` (patient or encounter unknown), `forbidden`, `unavailable`
   */
  submit(
    call: Call,
    form: string,
    response: unknown,
    idempotencyKey: string | null,
  ): Promise<FormStatus & { statusUrl: string; patient: string }>;
  /** @param receipt the last part of the status URL. @throws WardlineError `not-found`, `forbidden` */
  status(call: Call, form: string, receipt: string): Promise<FormStatus & { patient: string }>;
  /** Files or rejects what came from the queue. A second delivery changes nothing. @throws to be delivered again */
  process(message: unknown): Promise<void>;
}
