import type { Policy } from '../access/index.ts';
import type { AuditEntry } from '../audit/index.ts';
import type { Call, Ods } from '../context.ts';

/** A request as the host hands it over. */
export interface RawRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly params: Readonly<Record<string, string>>;
  body(): Promise<Uint8Array>;
  readonly traceparent: string | undefined;
}

/** An answer as the host takes it. */
export interface RawReply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body?: Body;
}

/** A stream is read as fast as the caller takes it; where it fails, the connection breaks. */
export type Body = string | Uint8Array | ReadableStream<Uint8Array>;

/** What a handler answers. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Becomes the body as JSON. */
  readonly json?: unknown;
  readonly body?: Body;
  readonly contentType?: string;
  /** `in-commit`: the entry is in the commit itself; `not-needed`: only where the policy is public. */
  readonly audited?: 'in-commit' | 'not-needed';
  /** What the entry of this request says. */
  readonly disclosed?: {
    /** Whose records were shown; the caller's own trust unless said otherwise. */
    readonly trust?: Ods;
    readonly subtype: string;
    readonly action: AuditEntry['action'];
    readonly patients?: readonly string[];
    readonly entities?: AuditEntry['entities'];
    readonly parameters?: readonly string[];
    /** Instead of the request's id: several requests of one viewing session share an entry. */
    readonly entryId?: string;
  };
}

export interface PublicRequest {
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Headers;
}

/** A request whose caller is known and may, by role and team, do what the route is for. */
export interface AuthorisedRequest extends PublicRequest {
  readonly call: Call;
  /** The body as JSON, within size and depth. @throws WardlineError */
  json(): Promise<unknown>;
  /** The body as it came, within size. @throws WardlineError `too-large` */
  bytes(): Promise<Uint8Array>;
  /** The body as form fields. */
  form(): Promise<URLSearchParams>;
}

interface RouteFacts {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Azure's route template. */
  readonly route: string;
  /** How errors are told: OperationOutcome or problem+json (RFC 9457). */
  readonly errors: 'fhir' | 'problem';
  /** Bytes; 2 MB unless said otherwise. */
  readonly maximumBody?: number;
}

/** A route for callers who are known and allowed. */
export type GuardedRoute = RouteFacts & {
  readonly policy: Exclude<Policy, 'public'>;
  handler(request: AuthorisedRequest): Promise<Reply>;
};

/** A route without a policy does not compile. */
export type Route =
  | GuardedRoute
  | (RouteFacts & { readonly policy: 'public'; handler(request: PublicRequest): Promise<Reply> });
