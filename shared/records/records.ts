import type { Access } from '../access/index.ts';
import type { AuditEntry } from '../audit/index.ts';
import type { Blobs } from '../azure/blobs.ts';
import type { Documents } from '../azure/documents.ts';
import type { Call, Clock, Ids, Ods } from '../context.ts';
import type { FhirResource, SearchEntry, SearchQuery } from '../fhir/index.ts';
import type { Keyring, SealKey } from '../keys/index.ts';
import type { ContainerName } from '../topology.ts';
import type { BinaryContent, Head, RecordedChange } from './documents.ts';
import type { HeadMerge } from './merging/merged.ts';

export interface ResourceRef {
  readonly type: string;
  readonly id: string;
}

/** One version of a resource. A deletion's `resource` holds nothing but type, id and meta. */
export interface StoredResource {
  /** With `id`, `meta.versionId` and `meta.lastUpdated`. */
  readonly resource: FhirResource;
  readonly versionId: string;
  /** FHIR instant, UTC, milliseconds. */
  readonly lastUpdated: string;
  readonly change: 'created' | 'updated' | 'deleted';
  readonly deleted: boolean;
  readonly partition: string;
  /** Token of the patient whose compartment holds it. */
  readonly patient?: string;
  /** Of a Binary, for {@link Records.content}; nothing of it is ever shown. */
  readonly content?: BinaryContent;
}

/**
 * One wanted change. A create without `id` gets one from the server. An update takes `ifMatch` as a version id;
 * with `allowCreate` it makes what is not there (FHIR: update as create).
 */
export type Change =
  | { readonly kind: 'create'; readonly resource: FhirResource; readonly id?: string; readonly claim?: CreateClaim }
  | {
      readonly kind: 'update';
      readonly type: string;
      readonly id: string;
      readonly resource: FhirResource;
      readonly ifMatch?: string;
      readonly allowCreate?: boolean;
      /** Only what is not there: If-None-Match: * (RFC 9110, 13.1.2). */
      readonly onlyNew?: boolean;
      /** The change of a Patient is part of a merge. */
      readonly merge?: HeadMerge;
    }
  | { readonly kind: 'delete'; readonly type: string; readonly id: string; readonly ifMatch?: string };

/**
 * Makes that of several creates with the same criteria (If-None-Exist) only one is carried out, for ten minutes.
 * `over`: the id of the resource whose claim may be taken over, since it is gone.
 */
export interface CreateClaim {
  readonly criteria: string;
  readonly over?: string;
}

export interface AuditFacts {
  readonly subtype: string;
  readonly action: 'C' | 'U' | 'D' | 'E';
}

export interface CommitOptions {
  /** What the changes were made from: a second commit with the same id changes nothing and says `duplicate`. */
  readonly messageId?: string;
}

export interface Committed {
  /** In the order of the wanted changes. `resource` is as stored; missing for deletions and duplicates. */
  readonly changes: readonly (RecordedChange & { readonly lastUpdated: string; readonly resource?: FhirResource })[];
  /** Session token of container `records`. */
  readonly session: string;
  /** The same message was committed before: nothing changed now. */
  readonly duplicate: boolean;
}

export interface Read {
  readonly found: StoredResource;
  readonly session: string;
}

export interface History {
  /** Newest first. */
  readonly versions: readonly StoredResource[];
  readonly session: string;
}

/** A version of a resource with what it is found by. */
export interface Match extends StoredResource {
  readonly entries: readonly SearchEntry[];
  /** Patients who gave way to this one, and whom the search found. */
  readonly foundAs?: readonly FhirResource[];
}

export interface SearchResult {
  /** What matches and may be seen, newest first. */
  readonly matches: readonly Match[];
  readonly total: number;
  /** Tokens of the patients in `matches` and in the steps that led to them, for the audit entry. */
  readonly patients: readonly string[];
  readonly session: string;
  /** Epoch milliseconds: the moment that further pages have to show. */
  readonly asOf: number;
}

/** A page of versions of a type, or of all types: newest first. */
export interface HistoryPage extends History {
  /** Epoch milliseconds: the next page shows what is older; undefined: there is none. */
  readonly before?: number;
}

export interface HistoryQuery {
  /** Undefined: all types. */
  readonly type?: string;
  /** Epoch milliseconds: versions from then on. */
  readonly since?: number;
  /** Epoch milliseconds: versions before then. */
  readonly before?: number;
  /** Epoch milliseconds: versions that stood at that moment. */
  readonly at?: number;
  readonly count: number;
}

/** A page of a patient's record. */
export interface EverythingPage {
  /** Tokens of the patient, and of those whom the patient was merged with. */
  readonly patients: readonly string[];
  readonly resources: readonly StoredResource[];
  /** What they refer to outside the patient's record: staff, places, organisations. */
  readonly referenced: readonly StoredResource[];
  /** `Type|id` that the next page begins after; undefined: there is none. */
  readonly after?: string;
  readonly session: string;
  /** Epoch milliseconds: the moment that further pages have to show. */
  readonly asOf: number;
}

export interface EverythingQuery {
  /** Undefined: all types. */
  readonly types?: readonly string[];
  /** Epoch milliseconds: only what changed since. */
  readonly since?: number;
  /** Epoch milliseconds: only care that was going on between them; what has no date of care comes along. */
  readonly start?: number;
  readonly end?: number;
  readonly after?: string;
  /** Epoch milliseconds: the record as it stood then; undefined: now. */
  readonly at?: number;
  readonly count: number;
}

/** What a page of a timeline is asked for. */
export interface TimelineQuery {
  /** Undefined: all that stand on it. */
  readonly types?: readonly string[];
  /** Epoch milliseconds, inclusive: by when the clinical date begins. */
  readonly from?: number;
  readonly to?: number;
  /** Also what was entered in error. */
  readonly withdrawn: boolean;
  /** The key that the page begins after. */
  readonly after?: string;
  readonly count: number;
}

export interface TimelineEntry extends Match {
  readonly enteredInError: boolean;
  /** FHIR instant of its first recording, where the resource has no clinical date. */
  readonly recorded?: string;
}

/** A page of a patient's timeline, newest first. */
export interface TimelinePage {
  /** The patient's token. */
  readonly patient: string;
  readonly entries: readonly TimelineEntry[];
  /** The DiagnosticReports on the scans among them. */
  readonly reports: readonly Match[];
  /** The key that the next page begins after; undefined: there is none. */
  readonly after?: string;
  readonly session: string;
}

export interface Present {
  readonly head: Head;
  readonly resources: readonly StoredResource[];
}

/** The record: the only way to read or change it. */
export interface Records {
  /**
   * The patient's head, from the primary replica, with what holds for those whom the patient was merged with; undefined: no
   * such patient in the trust. @throws WardlineError `gone`
   */
  head(trust: Ods, patientToken: string): Promise<Head | undefined>;
  /** The token behind a Patient's id: the id itself, or what its locator says; undefined: unknown. */
  patientToken(trust: Ods, patientId: string): Promise<string | undefined>;
  /**
   * The newest version, or the one that stood at a moment (epoch milliseconds); the access decision is made inside,
   * with the patient's head.
   * @throws WardlineError `not-found`, `forbidden` or `gone`
   */
  read(call: Call, trust: Ods, ref: ResourceRef, options?: { readonly at?: number }): Promise<Read>;
  /** One version, a deletion included. @throws WardlineError `not-found`, `forbidden` */
  vread(call: Call, trust: Ods, ref: ResourceRef, versionId: string): Promise<Read>;
  /** The content of a Binary that was read, which stands in none of its answers; undefined: it has none. */
  content(found: StoredResource): Promise<Uint8Array | undefined>;
  /** All versions. @throws WardlineError `not-found`, `forbidden` */
  history(call: Call, trust: Ods, ref: ResourceRef): Promise<History>;
  /** Versions of a type, or of all types, as far as the actor may see them. */
  historyOf(call: Call, trust: Ods, query: HistoryQuery): Promise<HistoryPage>;
  /** What the actor may not see is left out. @throws WardlineError `too-costly` beyond 1,000 candidates */
  search(call: Call, trust: Ods, query: SearchQuery): Promise<SearchResult>;
  /** What `_include` and `_revinclude` bring along with a page of matches. @throws WardlineError `too-costly` */
  included(
    call: Call,
    trust: Ods,
    page: readonly Match[],
    query: Pick<SearchQuery, 'includes' | 'at'>,
  ): Promise<readonly StoredResource[]>;
  /** All that lies in a patient's compartment. @throws WardlineError `not-found`, `forbidden` */
  everything(call: Call, trust: Ods, patientId: string, query: EverythingQuery): Promise<EverythingPage>;
  /** What happened to a patient, by clinical date. @throws WardlineError `not-found`, `forbidden` */
  timeline(call: Call, trust: Ods, patientId: string, query: TimelineQuery): Promise<TimelinePage>;
  /**
   * The id that a new resource would get, given before the commit so that others can refer to it. `resolve` maps a
   * reference of the same bundle (urn:uuid) to `Type/id`.
   */
  assignId(trust: Ods, resource: FhirResource, resolve: (reference: string) => string | undefined): { id: string };
  /**
   * All changes, or none. Writes records, versions, heads and one outbox entry a partition; the access decision is
   * made inside. @throws AlreadyCreated where another create holds the claim, WardlineError `forbidden`, `not-found`, `gone`, `version-mismatch`, `duplicate`, `conflict`,
   * `business-rule`, `too-large`
   */
  commit(
    call: Call,
    trust: Ods,
    changes: readonly Change[],
    audit: AuditFacts,
    options?: CommitOptions,
  ): Promise<Committed>;
  /**
   * Two patients are one person: the source gives way to the target, both ids keep answering, and whoever asks for one is
   * told of both. Nothing is moved, so that it can be undone. Told twice it is done once.
   * @throws WardlineError `not-found`, `gone`, `forbidden`, `business-rule`, `conflict`
   */
  merge(
    call: Call,
    trust: Ods,
    patients: { readonly source: string; readonly target: string },
  ): Promise<{ readonly session: string; readonly merged: boolean }>;
  /** Undoes the merge of a patient into another: each keeps what was written under its id. @throws as {@link merge} */
  unmerge(call: Call, trust: Ods, source: string): Promise<{ readonly session: string; readonly from: string }>;
  /**
   * For projectors: the patient's present resources, not audited. A query's criteria only narrow what is read: what
   * comes may be more than they say.
   * @throws WardlineError `unavailable` when the record is behind `atLeast`
   */
  present(
    trust: Ods,
    patientToken: string,
    wanted: readonly SearchQuery[],
    atLeast?: readonly (ResourceRef & { readonly versionId: string })[],
  ): Promise<Present | undefined>;
  /** Keeps an audit entry in the record when its queue does not answer; doing it twice is harmless. */
  leaveInOutbox(trust: Ods, patientToken: string | undefined, entry: AuditEntry): Promise<void>;
  /** The patient's own key. @throws WardlineError `not-found` */
  patientKey(trust: Ods, patientToken: string): Promise<SealKey>;
  /** Finishes a staged transaction, or aborts it past its deadline; called by the change feed on `transactions`. */
  promote(transactionId: string): Promise<void>;
  /** Settles staged transactions whose writer died; called by a timer. Answers how many it settled. */
  sweep(): Promise<number>;
  /** Removes contents of Binaries that no version refers to; called by a timer. Answers how many it removed. */
  sweepContents(): Promise<number>;
}

export interface RecordsDependencies {
  readonly documents: (container: ContainerName) => Documents;
  readonly keyring: Keyring;
  readonly access: Pick<Access, 'decide' | 'require'>;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Called between the steps of a staged commit; tests stop here. */
  readonly step?: (name: string) => Promise<void> | void;
}
