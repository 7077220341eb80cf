/** An ODS code of a trust, e.g. `RR8` (NHS Data Dictionary: ORGANISATION CODE). */
export type Ods = string;

/** Roles a token may carry (Entra ID app roles). */
export const roles = [
  'nurse',
  'doctor',
  'pharmacist',
  'ward-clerk',
  'privacy-officer',
  'auditor',
  'operations',
  'bed-management',
  'integration',
  'board-device',
  'patient',
] as const;
export type Role = (typeof roles)[number];

/** What may be done to resources: create, read, update, delete, search (SMART App Launch 2.2, 3.0.2.1). */
export type Interaction = 'c' | 'r' | 'u' | 'd' | 's';

/** One SMART scope for resources. */
export interface Scope {
  /** `patient`: the one of the launch; `user`: whom the user may see; `system`: an app without a user. */
  readonly level: 'patient' | 'user' | 'system';
  /** A resource type, or `*`. */
  readonly type: string;
  readonly interactions: ReadonlySet<Interaction>;
}

/** What an app was granted by whoever uses it. It narrows what that user may do and never widens it. */
export interface Grant {
  /** Client id of the app. */
  readonly app?: string;
  readonly scopes: readonly Scope[];
  /** Id of the Patient of the launch. */
  readonly patient?: string;
}

/** Who calls: a member of staff, another system, a board on a wall, or a patient. Taken from a verified token, never from input. */
export interface Actor {
  readonly kind: 'staff' | 'system' | 'device' | 'patient';
  /** Object id of the directory (claim `oid`). */
  readonly id: string;
  /** For screens only; never stored in events or logs. */
  readonly displayName: string;
  readonly role: Role;
  /** The actor's own trust. */
  readonly trust: Ods;
  /** Team names of the token (claim `groups`), approved or not. */
  readonly teams: readonly string[];
  /** The ward a device is bound to. */
  readonly ward?: string;
  /** Id of the Patient whom a patient's token is for (claim `patient`, SMART App Launch 2.2). */
  readonly patient?: string;
  /** What the app that the actor uses was granted; undefined: one of Wardline's own, or a system by itself. */
  readonly grant?: Grant;
  /** Signed in with a second factor (claim `amr`, RFC 8176). */
  readonly mfa?: true;
}

/** Time, ids and randomness, passed in so that tests decide them. */
export interface Clock {
  now(): Date;
}
export interface Ids {
  /** A ULID, monotonic within the process. */
  ulid(): string;
  /** A patient's partition token: 12 characters of Crockford base32, lower case. */
  token(): string;
}

/** One request or message on its way through Wardline. */
export interface Call {
  /** A ULID; also the id of the audit entry of the request. */
  readonly requestId: string;
  /** W3C traceparent of the span that the work belongs to. */
  readonly traceparent: string;
  readonly actor: Actor;
  readonly receivedAt: Date;
  /** The policy that the route named. */
  readonly policy: string;
  /** Cosmos DB session token that the caller brought, opaque. */
  readonly session?: string;
}
