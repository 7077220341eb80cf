import type { Call } from '../context.ts';
import { type ResponseLike, readAnswers } from './answers.ts';
import { filedId } from './filed-id.ts';
import type { FormDependencies } from './form-dependencies.ts';
import type { Forms } from './forms.ts';
import { headFor } from './head-for.ts';
import { observationCount } from './news2-resources.ts';
import { formNamed } from './published-forms.ts';
import { readFiled } from './read-filed.ts';
import { isReceiptOf, readReceipt } from './receipt.ts';
import { problemsOf } from './rejection-task.ts';

/** What became of a form: the record itself says so, under ids that the form's id fixes. */
export async function formStatus(
  deps: FormDependencies,
  call: Call,
  name: string,
  text: string,
): ReturnType<Forms['status']> {
  const { keyring } = deps;
  const { trust } = call.actor;
  const form = formNamed(name);
  const receipt = await readReceipt(keyring, trust, text);
  const { id, patient } = receipt;
  await headFor(deps, call, 'form:read', patient);
  const common = { id, receivedAt: receipt.receivedAt.toISOString(), patient };

  const filed = await readFiled(deps, call, 'QuestionnaireResponse', filedId(patient, id, 0));
  if (filed !== undefined) {
    const filedAt = filed.lastUpdated;
    if (!(await isReceiptOf(keyring, trust, receipt, filed.resource)))
      return { ...common, status: 'rejected', filedAt, problems: [keyUsedBefore] };
    const { values } = readAnswers(form, filed.resource as ResponseLike);
    const count = observationCount(values);
    const observations = Array.from({ length: count }, (_, index) => `Observation/${filedId(patient, id, index + 1)}`);
    return {
      ...common,
      status: 'filed',
      filedAt,
      links: [`QuestionnaireResponse/${filed.resource.id}`, ...observations],
    };
  }
  const rejected = await readFiled(deps, call, 'Task', filedId(patient, id, 0));
  if (rejected === undefined) return { ...common, status: 'received' };
  return { ...common, status: 'rejected', filedAt: rejected.lastUpdated, problems: problemsOf(rejected.resource) };
}

const keyUsedBefore = {
  linkId: 'form',
  reason: 'Other answers were filed under this Idempotency-Key. Send these under a key of their own.',
};
