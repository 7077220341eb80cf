import type { CareRelation, EmergencyAccess } from '../access/index.ts';
import type { AuditEntry } from '../audit/index.ts';
import type { Ods } from '../context.ts';

/** A patient's stay in a ward, from one Encounter. */
export interface Placement {
  /** Id of the Encounter. */
  readonly encounter: string;
  /** Id of the ward's Location, e.g. `J09`. */
  readonly ward: string;
  /** Id of the bed's Location, e.g. `J09-01`. */
  readonly bed?: string;
  /** FHIR dateTime from which the patient is there. */
  readonly since: string;
}

/** That a patient does not want somebody to see the record. */
export interface Objection {
  /** Id of the Consent that says so. */
  readonly consent: string;
  /** Id of the person in the directory. */
  readonly agent: string;
}

/** The patient whom another gave way to. */
export interface MergedInto {
  readonly token: string;
  readonly patientId: string;
  /** Patient.active before; undefined: it said nothing. */
  readonly wasActive?: boolean;
}

/** A patient whom another took in, and the identifiers that came with it. */
export interface MergedFrom {
  readonly token: string;
  readonly patientId: string;
  readonly identifiers: readonly { readonly system?: string; readonly value: string }[];
}

/** What a head says of its patient; sealed with the patient's key. */
export interface HeadContent {
  /** Id of the Patient resource: the token unless the client chose it. */
  readonly patientId: string;
  readonly placements: readonly Placement[];
  /** 2 only while a clinician's order for it stands (NEWS2, Royal College of Physicians 2017). */
  readonly spo2Scale?: 1 | 2;
  /** Id of the ServiceRequest that ordered scale 2. */
  readonly spo2Order?: string;
  /** The record is sealed: nobody sees it without emergency access. */
  readonly sealed?: true;
  /** The record is left to clinicians. */
  readonly clinicians?: true;
  readonly objections?: readonly Objection[];
  readonly emergencies?: readonly EmergencyAccess[];
  readonly mergedInto?: MergedInto;
  readonly mergedFrom?: readonly MergedFrom[];
  readonly relations?: readonly CareRelation[];
}

/** What decides about a patient, and changes in the batch that changes its cause; one a patient's partition. */
export interface Head extends HeadContent {
  readonly token: string;
  readonly trust: Ods;
  /** The patient's own key, wrapped by the trust's data key. */
  readonly wrappedKey: string;
  /** Rises by one with every change of the head. */
  readonly seq: number;
  /** All who were merged with this patient, itself among them and the survivor first; undefined: nobody was. */
  readonly group?: readonly { readonly token: string; readonly patientId: string }[];
}

/** One change of a commit: ids and versions, never content. */
export interface RecordedChange {
  readonly type: string;
  readonly id: string;
  readonly versionId: string;
  readonly change: 'created' | 'updated' | 'deleted';
  /** Token of the patient whose compartment holds the resource. */
  readonly patient?: string;
}

/** What the relay tells others; written in the commit itself, one a partition. */
export interface OutboxEntry {
  readonly kind: 'outbox';
  /** `outbox|…`, unique in the trust. */
  readonly id: string;
  readonly partition: string;
  readonly trust: Ods;
  /** RFC 3339, UTC. */
  readonly committedAt: string;
  readonly traceparent: string;
  readonly changes: readonly RecordedChange[];
  /** In exactly one outbox entry of a commit. */
  readonly audit?: AuditEntry;
  /** Seconds. */
  readonly ttl: number;
}

/** Who wrote a version, and on which request; in clear, so that the audit of writes can be rebuilt. */
export interface Authorship {
  readonly actor: string;
  readonly role: string;
  readonly trust: Ods;
  readonly request: string;
  /** The message that the version was made from. */
  readonly message?: string;
}

/** Dates as epoch milliseconds, both ends inclusive; `p` names the parameter. */
export interface DateTerm {
  readonly p: string;
  readonly from: number;
  readonly to: number;
}

/** Where a document lies. */
export interface Placed {
  readonly id: string;
  readonly partition: string;
  readonly trust: Ods;
}

/** The part of a document that a staged transaction wants to write. */
export interface Next<T> {
  readonly transaction: string;
  /** What the document becomes; undefined: it goes. */
  readonly document?: T;
  /** Search terms before staging, put back on abort; undefined: the document is new. */
  readonly was?: { readonly search: readonly string[]; readonly dates: readonly DateTerm[] };
}

/** Where the content of a Binary lies, and the key that seals it alone; kept in the version's own sealed text. */
export interface BinaryContent {
  readonly blob: string;
  readonly key: string;
  /** Bytes of the content in clear. */
  readonly size: number;
}

/** A version as it is stored, current or superseded. `sealed` is missing where the version is a deletion. */
export interface VersionBody {
  readonly type: string;
  /** `Type|id`. */
  readonly of: string;
  /** Id of the resource. */
  readonly resource: string;
  readonly versionId: number;
  /** Epoch milliseconds. */
  readonly lastUpdated: number;
  readonly change: 'created' | 'updated' | 'deleted';
  readonly by: Authorship;
  readonly sealed?: string;
}

/**
 * The staged transaction that last wrote a document: when it was promoted (epoch milliseconds), and the session token
 * from which on everything that it wrote is seen.
 */
export interface Promoted {
  readonly transaction: string;
  readonly at: number;
  readonly session?: string;
}

/** The newest version, with its search terms. */
export interface CurrentBody extends VersionBody {
  readonly kind: 'current';
  readonly search: readonly string[];
  readonly dates: readonly DateTerm[];
  /** Where it stands on its patient's timeline; see `timeline-key.ts`. */
  readonly timeline?: string;
  readonly promoted?: Promoted;
}

export interface VersionDocument extends Placed, VersionBody {
  readonly kind: 'version';
  /** Epoch milliseconds: lastUpdated of this version and of the one after it. */
  readonly from: number;
  readonly to: number;
}

export interface HeadBody {
  readonly kind: 'head';
  /** The patient's token. */
  readonly of: string;
  readonly seq: number;
  readonly wrappedKey: string;
  /** {@link HeadContent}. */
  readonly sealed: string;
  /** The record was erased: there is no key any more, and nothing to open with it. */
  readonly erased?: true;
  /** The patient was merged with another: the content says with whom. */
  readonly merged?: true;
}

/** Makes a client's own id, an NHS number or an identity findable outside the patient's partition. */
export interface PointerBody {
  readonly kind: 'locator' | 'claim' | 'lookup';
  /** The patient's token; of a create's claim the type. */
  readonly of: string;
  /** Id of the resource pointed to. */
  readonly resource: string;
  readonly search: readonly string[];
  readonly dates: readonly DateTerm[];
  /** Seconds after which it is gone; undefined: it stays. */
  readonly ttl?: number;
}

export type Body = CurrentBody | HeadBody | PointerBody;

/**
 * A document that a staged transaction can write. With a `next` that has no `was` it does not exist yet: what stands
 * outside `next` then only lets queries find it.
 */
export type Stageable<T extends Body = Body> = Placed & T & { readonly next?: Next<T> };

/** A staged transaction (container `transactions`). */
export interface TransactionDocument {
  readonly id: string;
  readonly kind: 'transaction';
  readonly trust: Ods;
  readonly state: 'open' | 'committed' | 'aborted';
  /** Epoch milliseconds after which anybody may abort it. */
  readonly deadline: number;
  readonly traceparent: string;
  readonly parts: readonly TransactionPart[];
  /** Epoch milliseconds. */
  readonly committedAt?: number;
  readonly audit?: AuditEntry;
  /** Session token of container `records` that covers everything staged. */
  readonly session?: string;
  /** Nothing is left to do. */
  readonly settled?: boolean;
  /** Seconds. */
  readonly ttl?: number;
}

export interface TransactionPart {
  readonly partition: string;
  /** Ids of the documents that are staged. */
  readonly ids: readonly string[];
  readonly changes: readonly RecordedChange[];
}
