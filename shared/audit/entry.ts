import type { Call, Ods } from '../context.ts';

/** Who did what to whose record, when and with what outcome (ISO 27789; IHE Basic Audit). Ids only, no content. */
export interface AuditEntry {
  /** The request's id; for a board's viewing session the session's. */
  readonly id: string;
  readonly trust: Ods;
  /** RFC 3339, UTC. */
  readonly recorded: string;
  /** http://hl7.org/fhir/R4/valueset-audit-event-action.html */
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E';
  readonly subtype: string;
  /** http://hl7.org/fhir/R4/valueset-audit-event-outcome.html: 0 success, 4 minor, 8 serious, 12 major failure. */
  readonly outcome: '0' | '4' | '8' | '12';
  /** Stable code of the failure. */
  readonly reason?: string;
  readonly agent: {
    readonly id: string;
    readonly role: string;
    readonly kind: string;
    readonly trust: Ods;
    /** Client id of the app that was used, where it is not one of Wardline's own. */
    readonly app?: string;
  };
  readonly policy: string;
  /** Patient tokens. */
  readonly patients: readonly string[];
  readonly entities: readonly { readonly type: string; readonly id: string; readonly versionId?: string }[];
  /** Names of search parameters, never their values. */
  readonly parameters?: readonly string[];
  /** Where another system tells what happened there: when, and who did it. `agent` is then the system that tells. */
  readonly reported?: Reported;
  readonly traceparent: string;
}

export interface Reported {
  /** RFC 3339. */
  readonly recorded: string;
  /** Id that the other system knows the person by. */
  readonly agent?: string;
}

export interface EntryFacts {
  readonly trust: Ods;
  readonly action: AuditEntry['action'];
  readonly subtype: string;
  readonly outcome: AuditEntry['outcome'];
  readonly reason?: string;
  readonly patients?: readonly string[];
  readonly entities?: AuditEntry['entities'];
  readonly parameters?: readonly string[];
  readonly reported?: Reported;
  /** Instead of the request's id. */
  readonly id?: string;
}

/** The entry of a request. */
export function auditEntry(call: Call, facts: EntryFacts): AuditEntry {
  const { actor } = call;
  return {
    id: facts.id ?? call.requestId,
    trust: facts.trust,
    recorded: call.receivedAt.toISOString(),
    action: facts.action,
    subtype: facts.subtype,
    outcome: facts.outcome,
    ...(facts.reason === undefined ? {} : { reason: facts.reason }),
    agent: {
      id: actor.id,
      role: actor.role,
      kind: actor.kind,
      trust: actor.trust,
      ...(actor.grant?.app === undefined ? {} : { app: actor.grant.app }),
    },
    policy: call.policy,
    patients: facts.patients ?? [],
    entities: facts.entities ?? [],
    ...(facts.parameters === undefined ? {} : { parameters: facts.parameters }),
    ...(facts.reported === undefined ? {} : { reported: facts.reported }),
    traceparent: call.traceparent,
  };
}
