import type { Access } from '../access/index.ts';
import type { Call } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { type Records, relationOf } from '../records/index.ts';

type Head = NonNullable<Awaited<ReturnType<Records['head']>>>;

/**
 * The head of the patient whom a form is about, if the caller has to do with her.
 * @param patient id of the Patient. @throws WardlineError `business-rule` for a patient the trust does not have, `forbidden`
 */
export async function headFor(
  { records, access }: { readonly records: Records; readonly access: Pick<Access, 'require'> },
  call: Call,
  policy: 'form:submit' | 'form:read',
  patient: string,
): Promise<Head> {
  const { trust } = call.actor;
  const token = await records.patientToken(trust, patient);
  const head = token === undefined ? undefined : await records.head(trust, token);
  if (head === undefined)
    throw new WardlineError('business-rule', 'The subject is no patient of the trust.', {
      expression: 'QuestionnaireResponse.subject',
    });
  await access.require(call, { policy, trust, patient: relationOf(head.token, head) });
  return head;
}
