import type { Access } from '../access/index.ts';
import type { Call, Ods } from '../context.ts';
import type { FhirResource } from '../fhir/index.ts';
import { relationIn } from './decide.ts';
import type { WorkingHead } from './heads.ts';
import { requireShown } from './opening.ts';
import type { Reader } from './reader.ts';
import { labelsOf } from './restrictions.ts';

/**
 * Nobody overwrites unseen what labels keep from them: a change asks what reading would.
 * @param before the resource as it is; undefined: nothing is overwritten @throws WardlineError `forbidden`
 */
export async function requireSeen(
  { access, reader }: { readonly access: Pick<Access, 'require'>; readonly reader: Pick<Reader, 'join'> },
  call: Call,
  trust: Ods,
  head: WorkingHead | undefined,
  before: FhirResource | undefined,
): Promise<void> {
  if (head === undefined || before === undefined || labelsOf(before) === undefined) return;
  await requireShown(access, call, trust, { patient: await relationIn(reader, trust, head) }, before);
}
