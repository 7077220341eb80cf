import type { BatchOperation } from '../azure/documents.ts';
import { withoutSystemFields } from '../azure/system-fields.ts';
import type { Body, Stageable } from './documents.ts';
import { superseded } from './view.ts';

/** A document as it was read, with nothing staged in it. */
export interface Found<T extends Body = Body> {
  readonly document: Stageable<T>;
  readonly etag: string;
}

/** One document that a commit changes. Without `before` it is created, without `after` it goes. */
export interface Write {
  readonly partition: string;
  readonly trust: string;
  readonly id: string;
  readonly before?: Found;
  readonly after?: Body;
}

/** The write as part of the one batch of a commit within a partition. */
export function batchOperations({ partition, trust, id, before, after }: Write): BatchOperation[] {
  if (before === undefined) return [{ op: 'create', document: { ...after, id, partition, trust } }];
  if (after === undefined) return [{ op: 'delete', id, ifMatch: before.etag }];
  const old = before.document;
  if (old.kind !== 'current' || after.kind !== 'current') {
    return [{ op: 'replace', id, document: { ...after, id, partition, trust }, ifMatch: before.etag }];
  }
  return [
    { op: 'create', document: withoutSystemFields(superseded(old, after.lastUpdated)) },
    {
      op: 'replace',
      id,
      document: { ...after, id, partition, trust, ...(old.promoted === undefined ? {} : { promoted: old.promoted }) },
      ifMatch: before.etag,
    },
  ];
}
