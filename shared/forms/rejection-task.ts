import type { FhirResource } from '../fhir/index.ts';
import type { AnswerProblem } from './answers.ts';
import type { Form } from './news2-questionnaire.ts';
import { orderSystem } from './order.ts';

const rejectionSystem = `${orderSystem}/form-rejected`;
/** Stands for the whole form where no single question is wrong. */
const wholeForm = 'form';

/**
 * What rejects a form is a Task in the patient's record: durable, audited, and found by whoever sent it
 * (docs/decisions/0004-a-rejected-form-is-a-task.md).
 */
export const rejectionTask = (
  form: Form,
  id: string,
  response: FhirResource,
  problems: readonly AnswerProblem[],
  now: Date,
): FhirResource => ({
  resourceType: 'Task',
  status: 'rejected',
  intent: 'order',
  code: { coding: [{ system: rejectionSystem, code: form.name }] },
  identifier: [{ system: `${form.url}/response`, value: id }],
  for: response['subject'],
  authoredOn: now.toISOString(),
  output: problems.map(({ linkId, reason }) => ({
    type: { coding: [{ system: rejectionSystem, code: linkId || wholeForm }] },
    valueString: reason,
  })),
});

/** What a {@link rejectionTask} says was wrong. */
export const problemsOf = (task: FhirResource): AnswerProblem[] =>
  (Array.isArray(task['output']) ? task['output'] : []).map(
    (output: { type?: { coding?: { code?: string }[] }; valueString?: string }) => ({
      linkId: output.type?.coding?.[0]?.code ?? wholeForm,
      reason: output.valueString ?? '',
    }),
  );
