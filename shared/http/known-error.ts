import type { Telemetry } from '../azure/telemetry.ts';
import { WardlineError } from '../errors.ts';

/**
 * What went wrong, as it may be told. What nobody foresaw is told without detail: its class and stack go to the log,
 * its message might repeat input.
 */
export function knownError(cause: unknown, telemetry: Pick<Telemetry, 'event'>, route: string): WardlineError {
  if (cause instanceof WardlineError) {
    if (cause.status >= 500 && cause.status !== 501) telemetry.event('request-failed', { route, code: cause.code });
    return cause;
  }
  const error = cause instanceof Error ? cause.name : typeof cause;
  telemetry.event('unexpected-error', { route, error, stack: framesOf(cause) });
  return new WardlineError(
    'internal',
    'Wardline failed in a way nobody foresaw. The request id helps to find out why.',
    { cause },
  );
}

/** The first places of the stack. A message may have several lines, so only lines that are places count. */
const framesOf = (cause: unknown): string =>
  (cause instanceof Error ? (cause.stack ?? '') : '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^at [\w.<>[\] ]*\(?(file:|node:|\/|[A-Za-z]:\\)[^()]*:\d+:\d+\)?$/.test(line))
    .slice(0, 5)
    .join(' ');
