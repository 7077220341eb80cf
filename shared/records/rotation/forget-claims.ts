import type { Documents } from '../../azure/documents.ts';
import type { Ods } from '../../context.ts';
import type { Keyring } from '../../keys/index.ts';
import { nhsNumberClaim } from '../identity.ts';
import { lookupPartitions } from '../partition.ts';

const together = 100;

/** Takes away claims of NHS numbers under hash keys that are asked no more. @returns how many */
export async function forgetClaims(
  { documents, keyring }: { documents: Documents; keyring: Keyring },
  trust: Ods,
): Promise<number> {
  const present = `${nhsNumberClaim}${await keyring.hashVersion(trust)}.`;
  let forgotten = 0;
  for (const partition of lookupPartitions(trust)) {
    for (let more = true; more; ) {
      const page = await documents.query<string>(
        "SELECT VALUE c.id FROM c WHERE c.kind = 'claim' AND STARTSWITH(c.id, @claims) AND NOT STARTSWITH(c.id, @present)",
        { claims: nhsNumberClaim, present },
        { partition, limit: together },
      );
      for (const id of page.items) {
        const outcome = await documents.batch(partition, [{ op: 'delete', id }]);
        if (outcome.ok) forgotten += 1;
      }
      more = page.more;
    }
  }
  return forgotten;
}
