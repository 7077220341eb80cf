import type { BatchOperation, Documents } from '../../azure/documents.ts';
import { withoutSystemFields } from '../../azure/system-fields.ts';
import type { Clock, Ods } from '../../context.ts';
import type { Keyring, SealKey } from '../../keys/index.ts';
import type { Stageable, VersionDocument } from '../documents.ts';
import { batchBytes } from '../promote.ts';
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

/** Documents that are read, and written, at a time; many small ones share a batch. */
const page = 64;
const atOnce = 8;
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
    const { items } = await deps.documents.query<Held & { readonly _etag: string }>(
      `SELECT * FROM c WHERE ${stale.sql}`,
      stale.parameters,
      { partition, limit: page },
    );
    // A replica that lags behind brings what was written already: it is not done twice.
    const fresh = items.filter(({ id }) => !done.has(id));
    if (fresh.length === 0) return { changed, left };
    for (const { id } of fresh) done.add(id);
    const alone = await rewriteTogether(deps, trust, partition, fresh, key);
    changed += fresh.length - alone.length;
    for (let start = 0; start < alone.length; start += atOnce) {
      const some = alone.slice(start, start + atOnce);
      for (const outcome of await Promise.all(some.map((id) => rewrite(deps, trust, partition, id, key)))) {
        if (outcome === 'written') changed += 1;
        if (outcome === 'left') left += 1;
      }
    }
  }
}

/** Many in few batches, as they were just read. @returns ids of those that need a look of their own */
async function rewriteTogether(
  deps: RewriteDependencies,
  trust: Ods,
  partition: string,
  fresh: readonly (Held & { readonly _etag: string })[],
  key: SealKey,
): Promise<string[]> {
  const alone: string[] = [];
  let batch: BatchOperation[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const some = batch;
    [batch, bytes] = [[], 0];
    const outcome = some.length === 0 ? undefined : await deps.documents.batch(partition, some);
    if (outcome?.ok === false) alone.push(...some.flatMap((operation) => ('id' in operation ? operation.id : [])));
  };
  for (const document of fresh) {
    const after = await rewritten(deps, trust, partition, document, key);
    if (!('write' in after)) {
      alone.push(document.id);
      continue;
    }
    const size = JSON.stringify(after.write).length;
    if (bytes + size > batchBytes) await flush();
    batch.push({ op: 'replace', id: document.id, document: after.write, ifMatch: document._etag });
    bytes += size;
  }
  await flush();
  return alone;
}

async function rewrite(
  deps: RewriteDependencies,
  trust: Ods,
  partition: string,
  id: string,
  key: SealKey,
): Promise<'written' | 'gone' | 'left'> {
  const { documents, settling } = deps;
  for (let attempt = 0; attempt < triesAtMost; attempt++) {
    const stored = (await documents.readTogether<Held>(partition, [id]))[0];
    if (stored === undefined) return 'gone';
    const after = await rewritten(deps, trust, partition, stored.document, key);
    if ('not' in after) return after.not;
    if ('staged' in after) {
      await settling.settleMet({ partition, id, transaction: after.staged });
      continue;
    }
    const replace = { op: 'replace', id, document: after.write, ifMatch: stored.etag } as const;
    const outcome = await documents.batch(partition, [replace]);
    if (outcome.ok) return 'written';
  }
  return 'left';
}

type Rewritten =
  /** The document under the present keys. */
  | { readonly write: object }
  /** A transaction has to be settled first. */
  | { readonly staged: string }
  /** It holds nothing, or has to wait. */
  | { readonly not: 'gone' | 'left' };

async function rewritten(
  { keyring, clock }: RewriteDependencies,
  trust: Ods,
  partition: string,
  document: Held,
  key: SealKey,
): Promise<Rewritten> {
  if (document.kind !== 'version' && document.next !== undefined) return { staged: document.next.transaction };
  if (document.kind !== 'version' && document.kind !== 'current') return { not: 'gone' };
  // For some seconds it keeps the terms of the version before, and says so.
  if (document.kind === 'current' && promotedLately(document, clock.now().getTime()) !== undefined)
    return { not: 'left' };
  const content = unsealContent(key, partition, document);
  if (content === undefined) return { not: 'gone' };
  const write = {
    ...withoutSystemFields(document),
    ...(document.sealed?.startsWith(`${key.version}.`)
      ? {}
      : { sealed: sealContent(key, partition, document, content) }),
    ...(document.kind === 'current'
      ? { search: await hashedTerms(keyring, trust, content.resource, content.entries) }
      : {}),
  };
  return { write };
}
