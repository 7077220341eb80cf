import type { BatchOperation } from '../azure/documents.ts';
import { withoutSystemFields } from '../azure/system-fields.ts';
import type { Body, CurrentBody, DateTerm, Promoted, Stageable, TransactionDocument } from './documents.ts';
import { committedBody, isSameVersion, superseded } from './view.ts';
import type { Write } from './write.ts';

/** Writes `next` into a document, or creates a document that holds nothing else. */
export function stageOperation(write: Write, transaction: string): BatchOperation {
  const { partition, trust, id, before, after } = write;
  if (before === undefined) {
    if (after === undefined) throw new Error(`Nothing to remove at ${id}`);
    return {
      op: 'create',
      document: { ...shellOf(after), id, partition, trust, next: { transaction, document: after } },
    };
  }
  const was = searchOf(before.document);
  const wanted = after === undefined ? was : searchOf(after);
  const document = {
    ...withoutSystemFields(before.document),
    ...(before.document.kind === 'head'
      ? {}
      : { search: [...new Set([...was.search, ...wanted.search])], dates: [...was.dates, ...wanted.dates] }),
    next: { transaction, was, ...(after === undefined ? {} : { document: after }) },
  };
  return { op: 'replace', id, document, ifMatch: before.etag };
}

/** Makes `next` of a committed transaction the document, and keeps the version before. */
export function promoteOperations(
  document: Stageable,
  etag: string,
  transaction: Pick<TransactionDocument, 'id' | 'committedAt' | 'session'>,
  now: number,
): BatchOperation[] {
  const { id, partition, trust } = document;
  const body = committedBody(document, transaction.committedAt ?? 0);
  if (body === undefined) return [{ op: 'delete', id, ifMatch: etag }];
  if (body.kind !== 'current' || document.kind !== 'current') {
    return [{ op: 'replace', id, document: { ...body, id, partition, trust }, ifMatch: etag }];
  }
  if (isSameVersion(document, body)) {
    return [{ op: 'replace', id, document: { ...body, id, partition, trust }, ifMatch: etag }];
  }
  // It keeps the terms of the version before until it is written again: a search over several partitions that would
  // no longer find it learns that it has to look twice.
  const { search, dates } = document;
  const { session } = transaction;
  const promoted: Promoted = { transaction: transaction.id, at: now, ...(session === undefined ? {} : { session }) };
  const replace: BatchOperation = {
    op: 'replace',
    id,
    document: { ...body, id, partition, trust, search, dates, promoted },
    ifMatch: etag,
  };
  if (document.next?.was === undefined) return [replace];
  return [{ op: 'create', document: superseded(document, body.lastUpdated) }, replace];
}

/** Takes `next` away again. */
export function abortOperation(document: Stageable, etag: string): BatchOperation {
  const { next, ...rest } = document;
  if (next?.was === undefined) return { op: 'delete', id: document.id, ifMatch: etag };
  const plain = withoutSystemFields(rest);
  return {
    op: 'replace',
    id: document.id,
    document: document.kind === 'head' ? plain : { ...plain, ...next.was },
    ifMatch: etag,
  };
}

const searchOf = (body: Body): { search: readonly string[]; dates: readonly DateTerm[] } =>
  body.kind === 'head' ? { search: [], dates: [] } : { search: body.search, dates: body.dates };

/** What stands outside `next` while the document does not exist yet: enough for queries to find it. */
function shellOf(body: Body): Body {
  if (body.kind === 'head') return { ...body, wrappedKey: '', seq: 0, sealed: '' };
  if (body.kind !== 'current') return body;
  const { sealed: _, ...rest } = body;
  return { ...rest, versionId: 0, lastUpdated: 0 } satisfies CurrentBody;
}
