import type { TypedData } from './typed-data.ts';

/** What starts an invocation. */
export interface Invocation {
  /** Chosen by the caller where something else must know it before the call. */
  readonly id?: string;
  readonly input: TypedData;
  readonly metadata?: Readonly<Record<string, TypedData>>;
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  readonly retryContext?: RetryContext | undefined;
}

/** Which attempt this is; absent on the first. */
export interface RetryContext {
  readonly retryCount: number;
  readonly maxRetryCount: number;
  readonly exception?: { readonly message: string };
}
