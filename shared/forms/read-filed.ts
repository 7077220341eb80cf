import type { Call } from '../context.ts';
import { hasCode } from '../errors.ts';
import type { Records, StoredResource } from '../records/index.ts';

/** What a form was filed as, under the id that the form's own fixes; undefined: nothing yet. */
export async function readFiled(
  { records }: { readonly records: Pick<Records, 'read'> },
  call: Call,
  type: string,
  id: string,
): Promise<StoredResource | undefined> {
  try {
    return (await records.read(call, call.actor.trust, { type, id })).found;
  } catch (error) {
    if (hasCode(error, 'not-found')) return undefined;
    throw error;
  }
}
