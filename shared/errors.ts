/**
 * Every failure that Wardline tells a caller, by its stable code. `status` is the HTTP status, `issue` the FHIR
 * OperationOutcome issue type (http://hl7.org/fhir/R4/valueset-issue-type.html).
 */
export const errorCodes = {
  'invalid-body': { status: 400, issue: 'structure' },
  'invalid-parameter': { status: 400, issue: 'value' },
  'invalid-resource': { status: 422, issue: 'invalid' },
  'business-rule': { status: 422, issue: 'business-rule' },
  'no-token': { status: 401, issue: 'login' },
  'invalid-token': { status: 401, issue: 'login' },
  'expired-token': { status: 401, issue: 'expired' },
  forbidden: { status: 403, issue: 'forbidden' },
  'not-found': { status: 404, issue: 'not-found' },
  gone: { status: 410, issue: 'deleted' },
  'method-not-allowed': { status: 405, issue: 'not-supported' },
  'not-acceptable': { status: 406, issue: 'not-supported' },
  'unsupported-media-type': { status: 415, issue: 'not-supported' },
  'too-large': { status: 413, issue: 'too-long' },
  conflict: { status: 409, issue: 'conflict' },
  duplicate: { status: 409, issue: 'duplicate' },
  'version-mismatch': { status: 412, issue: 'conflict' },
  'multiple-matches': { status: 412, issue: 'multiple-matches' },
  'too-costly': { status: 422, issue: 'too-costly' },
  'not-supported': { status: 501, issue: 'not-supported' },
  throttled: { status: 429, issue: 'throttled' },
  /** On a queue: no delivery can ever succeed. Never told to a caller. */
  'malformed-message': { status: 500, issue: 'structure' },
  unavailable: { status: 503, issue: 'transient' },
  internal: { status: 500, issue: 'exception' },
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** One thing that is wrong, and where. `expression` is a FHIRPath (or a header or parameter name). Never patient data. */
export interface Problem {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly expression?: string;
}

/**
 * A failure that may be told to the caller. `message` and `problems` say what to change and never hold patient data;
 * `cause` keeps the original for the developer and is never sent.
 */
export class WardlineError extends Error {
  override readonly name = 'WardlineError';
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];
  /** Seconds after which a retry makes sense (Retry-After). */
  readonly retryAfter: number | undefined;
  /** ODS code of the trust whose audit trail tells of it, where that is not the caller's own. */
  readonly trust: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: ErrorOptions & {
      problems?: readonly Problem[];
      expression?: string;
      retryAfter?: number;
      trust?: string;
    } = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryAfter = options.retryAfter;
    this.trust = options.trust;
    this.problems = options.problems ?? [
      { code, detail: message, ...(options.expression === undefined ? {} : { expression: options.expression }) },
    ];
  }

  get status(): number {
    return errorCodes[this.code].status;
  }
}

/** Whether a failure is one of these; others are not told apart. */
export const hasCode = (error: unknown, ...codes: readonly ErrorCode[]): error is WardlineError =>
  error instanceof WardlineError && codes.includes(error.code);
