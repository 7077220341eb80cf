import type { Documents } from '../../azure/documents.ts';
import { withoutSystemFields } from '../../azure/system-fields.ts';
import type { Clock, Ods } from '../../context.ts';
import type { Keyring, SealKey } from '../../keys/index.ts';
import type { Stageable, VersionDocument } from '../documents.ts';
import { promotedLately } from '../promoted-lately.ts';
import { sealContent, unsealContent } from '../sealing.ts';
import type { Settling } from '../settle.ts';
import { hashedTerms } from '../terms.ts';
import type { Rotated } from './rotation.ts';

export interface RewriteDependencies {
  readonly documents: Documents;
  readonly settling: Settling;
  readonly keyring: Keyring;
  readonly clock: Clock;
}

type Held = Stageable | VersionDocument;

const atOnce = 8;
const page = 64;
const triesAtMost = 5;

/**
 * Seals and hashes every document of a partition anew that an earlier key sealed or hashed.
 * @param stale condition on such documents @param key opens them, and seals what the trust's own key sealed
 */
export async function rewriteStale(
  deps: RewriteDependencies,
  trust: Ods,
  partition: string,
  stale: { readonly sql: string; readonly parameters: Record<string, string> },
  key: SealKey,
): Promise<Rotated> {
  const done = new Set<string>();
  let changed = 0;
  let left = 0;
  for (;;) {
    const { items } = await deps.documents.query<string>(
      `SELECT VALUE c.id FROM c WHERE ${stale.sql}`,
      stale.parameters,
      { partition, limit: page },
    );
    // A replica that lags behind brings what was written already: it is not done twice.
    const fresh = items.filter((id) => !done.has(id));
    if (fresh.length === 0) return { changed, left };
    for (let start = 0; start < fresh.length; start += atOnce) {
      const some = fresh.slice(start, start + atOnce);
      const outcomes = await Promise.all(some.map((id) => rewrite(deps, trust, partition, id, key)));
      for (const id of some) done.add(id);
      for (const outcome of outcomes) {
        if (outcome === 'written') changed += 1;
        if (outcome === 'left') left += 1;
      }
    }
  }
}

async function rewrite(
  { documents, settling, keyring, clock }: RewriteDependencies,
  trust: Ods,
  partition: string,
  id: string,
  key: SealKey,
): Promise<'written' | 'gone' | 'left'> {
  for (let attempt = 0; attempt < triesAtMost; attempt++) {
    const stored = (await documents.readTogether<Held>(partition, [id]))[0];
    if (stored === undefined) return 'gone';
    const { document, etag } = stored;
    if (document.kind !== 'version' && document.next !== undefined) {
      await settling.settleMet({ partition, id, transaction: document.next.transaction });
      continue;
    }
    if (document.kind !== 'version' && document.kind !== 'current') return 'gone';
    // For some seconds it keeps the terms of the version before, and says so.
    if (document.kind === 'current' && promotedLately(document, clock.now().getTime()) !== undefined) return 'left';
    const content = unsealContent(key, partition, document);
    if (content === undefined) return 'gone';
    const after = {
      ...withoutSystemFields(document),
      ...(document.sealed?.startsWith(`${key.version}.`)
        ? {}
        : { sealed: sealContent(key, partition, document, content) }),
      ...(document.kind === 'current'
        ? { search: await hashedTerms(keyring, trust, document.type, content.entries) }
        : {}),
    };
    const outcome = await documents.batch(partition, [{ op: 'replace', id, document: after, ifMatch: etag }]);
    if (outcome.ok) return 'written';
  }
  return 'left';
}
