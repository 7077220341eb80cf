import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Invoke } from '../invoke.ts';
import type { Match } from './routes.ts';
import type { Target } from './target.ts';

/** A request that has found its function, and what is needed to answer it. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: Target;
  readonly match: Match;
  /** Headers that every answer carries (CORS, `customHeaders` of host.json). */
  readonly headers: Readonly<Record<string, string>>;
  readonly invoke: Invoke;
  /** Bytes. */
  readonly bodyLimit: number;
}

/** Hands a request to its function and answers it. @throws what the function throws, before anything was answered */
export type Answer = (call: Call) => Promise<void>;

/** A header's values in one text, as the library takes them. */
export const headerText = (value: string | readonly string[] | undefined): string =>
  typeof value === 'string' ? value : (value?.join(', ') ?? '');

/** Query parameters by name; one that is repeated has its values joined, as the real host hands them over. */
export function queryValues(url: URL): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of url.searchParams) values[name] = name in values ? `${values[name]},${value}` : value;
  return values;
}

/** The W3C trace context of a request (https://www.w3.org/TR/trace-context). */
export function traceOf(request: IncomingMessage): { traceparent: string | undefined; tracestate: string | undefined } {
  const { traceparent, tracestate } = request.headers;
  const valid =
    typeof traceparent === 'string' && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}/.test(traceparent);
  return {
    traceparent: valid ? traceparent : undefined,
    tracestate: valid && typeof tracestate === 'string' ? tracestate : undefined,
  };
}
