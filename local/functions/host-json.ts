import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The parts of host.json that this host honours, with the real defaults; times in milliseconds. */
export interface HostSettings {
  readonly routePrefix: string;
  readonly functionTimeout: number;
  readonly serviceBus: {
    readonly maxConcurrentCalls: number;
    readonly maxConcurrentSessions: number;
    readonly sessionIdleTimeout: number;
    readonly maxMessageBatchSize: number;
    readonly maxAutoLockRenewal: number;
  };
  /** `extensions.durableTask` as it stands there. */
  readonly durableTask: unknown;
}

/**
 * Reads `<app>/host.json` (https://learn.microsoft.com/azure/azure-functions/functions-host-json).
 * @throws Error when it is missing or no JSON.
 */
export function readHostJson(app: string): HostSettings {
  const host = JSON.parse(readFileSync(join(app, 'host.json'), 'utf8')) as {
    functionTimeout?: string;
    extensions?: {
      http?: { routePrefix?: string };
      serviceBus?: Readonly<Record<string, unknown>>;
      durableTask?: unknown;
    };
  };
  const bus = host.extensions?.serviceBus ?? {};
  const number = (name: string, fallback: number): number => (typeof bus[name] === 'number' ? bus[name] : fallback);
  const time = (name: string, fallback: number): number =>
    typeof bus[name] === 'string' ? timeSpan(bus[name]) : fallback;
  return {
    routePrefix: host.extensions?.http?.routePrefix ?? 'api',
    functionTimeout: host.functionTimeout === undefined ? 30 * 60_000 : timeSpan(host.functionTimeout),
    serviceBus: {
      maxConcurrentCalls: number('maxConcurrentCalls', 16),
      maxConcurrentSessions: number('maxConcurrentSessions', 8),
      sessionIdleTimeout: time('sessionIdleTimeout', 60_000),
      maxMessageBatchSize: number('maxMessageBatchSize', 1000),
      maxAutoLockRenewal: time('maxAutoLockRenewalDuration', 5 * 60_000),
    },
    durableTask: host.extensions?.durableTask,
  };
}

/** `[d.]hh:mm:ss[.fff]` in milliseconds. @throws Error when the text is no time span. */
export function timeSpan(text: string): number {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)$/.exec(text);
  if (match === null) throw new Error(`host.json: "${text}" is no time span (hh:mm:ss).`);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
}
