import type { Blobs } from '../azure/blobs.ts';
import type { Bus } from '../azure/bus.ts';
import type { Documents } from '../azure/documents.ts';
import type { Telemetry } from '../azure/telemetry.ts';
import type { Signer } from '../azure/vault.ts';
import type { Ids, Ods } from '../context.ts';
import type { ContainerName } from '../topology.ts';
import { type Answered, createAnswered } from './answered.ts';
import { append } from './append.ts';
import { disclose, entriesOf } from './disclosures.ts';
import type { AuditEntry } from './entry.ts';
import { findEntry } from './find-entry.ts';
import { type Completeness, proveComplete } from './prove-complete.ts';
import { type ChainPage, readChain } from './read-chain.ts';
import { createRecorder, type Outbox } from './record.ts';
import { readCheckpoints, sealCheckpoint } from './seal-checkpoint.ts';

export { type AuditEntry, auditEntry, type EntryFacts, type Reported } from './entry.ts';
export { fromFhir, type ReportedEvent } from './from-fhir.ts';
export { parseEntry } from './parse-entry.ts';
export { type Disclosure, inPlainWords } from './plain-words.ts';
export type { TrustedKey } from './prove-checkpoints.ts';
export { type Proof, proveExport } from './prove-export.ts';
export { type ChainPage, chainsOf, toNdjson } from './read-chain.ts';
export { toFhir } from './to-fhir.ts';

/** The audit trail. */
export interface Audit {
  /** Durable when it resolves: on the queue, or, when that does not confirm in time, in the record's outbox. */
  record(entry: AuditEntry): Promise<void>;
  /** Notes that a request was answered whose entry has this id; see `prove-complete.ts`. */
  answered: Answered['note'];
  /** Holds the trail to what was answered in the hours that are over. */
  proveComplete(trust: Ods, now: Date): Promise<Completeness[]>;
  /** Appends what came from the queue to the chains; doing it twice changes nothing. */
  append(entries: readonly AuditEntry[]): Promise<void>;
  /** Notes for each patient of new links that somebody saw the record; doing it twice changes nothing. */
  disclose(documents: readonly unknown[]): Promise<void>;
  /** Entries that concern a patient, newest first, at most 1,000. */
  ofPatient(trust: Ods, patient: string): Promise<AuditEntry[]>;
  /** An entry by its id. @param now decides which months an id without a time is looked for in */
  find(trust: Ods, id: string, now: Date): Promise<AuditEntry | undefined>;
  /** A stretch of a chain (`RR8|2026-11|0`), for a proof outside. */
  readChain(chain: string, after: number): Promise<ChainPage>;
  /** Signs where a trust's chains stand and seals it; see `seal-checkpoint.ts`. @returns the checkpoint's number */
  seal(trust: Ods, now: Date): Promise<number>;
  /** Sealed checkpoints after a number as their lines, oldest first. */
  readCheckpoints(trust: Ods, after: number, limit: number): Promise<string[]>;
}

export function createAudit(deps: {
  bus: Bus;
  documents: (name: ContainerName) => Documents;
  blobs: Pick<Blobs, 'get' | 'putOnce'>;
  signer: Signer;
  outbox: Outbox;
  telemetry: Pick<Telemetry, 'event'>;
  ids: Pick<Ids, 'ulid'>;
}): Audit {
  const { bus, documents, blobs, signer, outbox, telemetry, ids } = deps;
  const answered = createAnswered(() => documents('audit'), ids.ulid);
  return {
    record: createRecorder({ bus, outbox, telemetry, now: () => performance.now() }),
    answered: answered.note,
    proveComplete: (trust, now) => proveComplete(documents('audit'), trust, now),
    append: (entries) => append(documents('audit'), entries),
    disclose: (changed) => disclose(documents('disclosures'), changed),
    ofPatient: (trust, patient) =>
      entriesOf({ audit: documents('audit'), disclosures: documents('disclosures') }, trust, patient),
    find: (trust, id, now) => findEntry(documents('audit'), trust, id, now),
    readChain: (chain, after) => readChain(documents('audit'), chain, after),
    seal: (trust, now) => sealCheckpoint({ audit: documents('audit'), blobs, signer }, trust, now),
    readCheckpoints: (trust, after, limit) =>
      readCheckpoints({ audit: documents('audit'), blobs }, trust, after, limit),
  };
}
