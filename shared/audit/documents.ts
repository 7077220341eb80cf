import { createHash } from 'node:crypto';
import type { ChainEnd, Link } from './chain.ts';

/** Where a chain stands. It is replaced under its ETag by every append. */
export interface HeadDocument extends ChainEnd {
  readonly id: 'head';
  readonly partition: string;
  readonly kind: 'head';
  /** What the chain began from: the last hash of the month before. */
  readonly begin: string;
}

/** A link as it is stored. */
export interface LinkDocument extends Link {
  readonly id: string;
  readonly partition: string;
  readonly kind: 'entry';
  readonly recorded: string;
  readonly agent: string;
  readonly outcome: string;
}

/** `disclosures`: that an entry concerns a patient, and where it is. */
export interface DisclosureDocument {
  readonly id: string;
  /** `{ods}|{patient token}` */
  readonly partition: string;
  readonly recorded: string;
  readonly chain: string;
  readonly link: string;
}

/** Ids of entries may come from other systems' messages; not every character may be in a document's id. */
const plain = /^[\w.:-]{1,200}$/;

/** Fixed by the entry's id, so that an entry has one place. */
export const linkDocumentId = (entryId: string): string =>
  plain.test(entryId) ? `entry|${entryId}` : `hashed|${createHash('sha256').update(entryId).digest('hex')}`;

export const toLinkDocument = (partition: string, link: Link): LinkDocument => ({
  id: linkDocumentId(link.entry.id),
  partition,
  kind: 'entry',
  recorded: link.entry.recorded,
  agent: link.entry.agent.id,
  outcome: link.entry.outcome,
  ...link,
});
