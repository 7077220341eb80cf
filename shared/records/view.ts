import type {
  Body,
  CurrentBody,
  Placed,
  Stageable,
  TransactionDocument,
  VersionBody,
  VersionDocument,
} from './documents.ts';
import { versionId } from './ids.ts';

/** What decides how a staged document reads: its transaction, read after the document; undefined: long aborted. */
export type Outcome = Pick<TransactionDocument, 'state' | 'committedAt'> | undefined;

/** What a document holds now: `next` counts as soon as its transaction is committed, and never before. */
export function viewOf<T extends Body>(document: Stageable<T>, outcome: Outcome): T | undefined {
  const { next } = document;
  if (next === undefined) return document;
  if (outcome?.state === 'committed') return committedBody(document, outcome.committedAt ?? 0);
  return next.was === undefined ? undefined : document;
}

/** What `next` becomes: every document of a transaction takes its commit time, and no document's time runs backwards. */
export function committedBody<T extends Body>(document: Stageable<T>, committedAt: number): T | undefined {
  const body = document.next?.document;
  if (body?.kind !== 'current' || isSameVersion(document, body)) return body;
  const before = document.next?.was !== undefined && document.kind === 'current' ? document.lastUpdated : undefined;
  return { ...body, lastUpdated: timeAfter(before, committedAt) };
}

/** The same version, found by other terms: it is no event of the record. */
export const isSameVersion = (document: Stageable, body: CurrentBody): boolean =>
  document.kind === 'current' && document.next?.was !== undefined && document.versionId === body.versionId;

/** lastUpdated of a version: now, but at least a millisecond after the version before. */
export const timeAfter = (before: number | undefined, now: number): number =>
  before === undefined ? now : Math.max(now, before + 1);

/** All versions that a current document stands for: the newest, and the one it superseded but that is not yet moved. */
export function versionsIn(document: Stageable<CurrentBody>, outcome: Outcome): VersionBody[] {
  const newest = viewOf(document, outcome);
  if (newest === undefined) return [];
  return newest.versionId !== document.versionId && document.next?.was !== undefined ? [newest, document] : [newest];
}

/** The document that keeps a superseded version; its sealed text moves as it is. */
export function superseded(document: Placed & CurrentBody, until: number): VersionDocument {
  const { partition, trust, type, of, resource, change, by, sealed, lastUpdated } = document;
  return {
    id: versionId({ type, id: resource }, document.versionId),
    partition,
    trust,
    kind: 'version',
    type,
    of,
    resource,
    versionId: document.versionId,
    lastUpdated,
    from: lastUpdated,
    to: until,
    change,
    by,
    ...(sealed === undefined ? {} : { sealed }),
  };
}
