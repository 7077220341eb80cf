import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LogLevel, toLogLevel } from './log.ts';
import { parseTimeSpan } from './time-span.ts';

/** The parts of host.json that this host honours, with the real defaults; times in milliseconds. */
export interface HostSettings {
  /** Undefined: no limit (`-1`). */
  readonly functionTimeout: number | undefined;
  /** Names of the functions to run; undefined: all. */
  readonly functions: readonly string[] | undefined;
  readonly logLevel: Readonly<Record<string, LogLevel>>;
  readonly http: {
    readonly routePrefix: string;
    /** Undefined: no limit (`-1`). */
    readonly maxOutstandingRequests: number | undefined;
    readonly maxConcurrentRequests: number | undefined;
    readonly customHeaders: Readonly<Record<string, string>>;
  };
  readonly serviceBus: {
    readonly autoCompleteMessages: boolean;
    readonly maxConcurrentCalls: number;
    readonly maxConcurrentSessions: number;
    readonly maxConcurrentCallsPerSession: number;
    readonly sessionIdleTimeout: number;
    readonly minMessageBatchSize: number;
    readonly maxMessageBatchSize: number;
    readonly maxBatchWaitTime: number;
    readonly maxAutoLockRenewal: number;
  };
  /** `extensions.durableTask` as it stands there. */
  readonly durableTask: unknown;
}

type Json = Readonly<Record<string, unknown>>;

/** What Azure gives a function when host.json says nothing (Flex Consumption, Premium and Dedicated plans). */
const defaultTimeout = 30 * 60_000;

/**
 * Reads `<app>/host.json` (https://learn.microsoft.com/azure/azure-functions/functions-host-json). App settings named
 * `AzureFunctionsJobHost__path__to__value` come before it.
 * @throws Error that names what is missing or wrong.
 */
export function readHostJson(app: string, settings: Readonly<Record<string, string>> = {}): HostSettings {
  const file = join(app, 'host.json');
  let host: Json;
  try {
    host = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`${file} is missing or no JSON.`, { cause });
  }
  if (host['version'] !== '2.0') throw new Error('host.json: "version" must be "2.0".');
  const read = new HostReader(host, settings);
  const prefix = read.text('extensions.http.routePrefix', 'api');
  return {
    functionTimeout:
      read.text('functionTimeout', '') === '-1' ? undefined : read.time('functionTimeout', defaultTimeout),
    functions: Array.isArray(host['functions']) ? host['functions'].map(String) : undefined,
    logLevel: logLevels(read.value('logging.logLevel')),
    http: {
      routePrefix: prefix.replace(/^\/+|\/+$/g, ''),
      maxOutstandingRequests: read.limit('extensions.http.maxOutstandingRequests'),
      maxConcurrentRequests: read.limit('extensions.http.maxConcurrentRequests'),
      customHeaders: (read.value('extensions.http.customHeaders') ?? {}) as Record<string, string>,
    },
    serviceBus: {
      autoCompleteMessages: read.flag('extensions.serviceBus.autoCompleteMessages', true),
      maxConcurrentCalls: read.count('extensions.serviceBus.maxConcurrentCalls', 16),
      maxConcurrentSessions: read.count('extensions.serviceBus.maxConcurrentSessions', 8),
      maxConcurrentCallsPerSession: read.count('extensions.serviceBus.maxConcurrentCallsPerSession', 1),
      sessionIdleTimeout: read.time('extensions.serviceBus.sessionIdleTimeout', 60_000),
      minMessageBatchSize: read.count('extensions.serviceBus.minMessageBatchSize', 1),
      maxMessageBatchSize: read.count('extensions.serviceBus.maxMessageBatchSize', 1000),
      maxBatchWaitTime: read.time('extensions.serviceBus.maxBatchWaitTime', 30_000),
      maxAutoLockRenewal: read.time('extensions.serviceBus.maxAutoLockRenewalDuration', 5 * 60_000),
    },
    durableTask: read.value('extensions.durableTask'),
  };
}

/** Values of host.json by their path; an error names the path. */
class HostReader {
  readonly #host: Json;
  readonly #overrides: ReadonlyMap<string, string>;

  constructor(host: Json, settings: Readonly<Record<string, string>>) {
    this.#host = host;
    this.#overrides = new Map(
      Object.entries(settings)
        .filter(([name]) => /^AzureFunctionsJobHost__/i.test(name))
        .map(([name, value]) => [name.split('__').slice(1).join('.').toLowerCase(), value]),
    );
  }

  value(path: string): unknown {
    const override = this.#overrides.get(path.toLowerCase());
    if (override !== undefined) return override;
    let found: unknown = this.#host;
    for (const part of path.split('.')) {
      if (typeof found !== 'object' || found === null) return undefined;
      const key = Object.keys(found).find((name) => name.toLowerCase() === part.toLowerCase());
      found = key === undefined ? undefined : Reflect.get(found, key);
    }
    return found;
  }

  text(path: string, fallback: string): string {
    const value = this.value(path) ?? fallback;
    if (typeof value !== 'string') throw new Error(`host.json: "${path}" must be a text.`);
    return value;
  }

  time(path: string, fallback: number): number {
    const value = this.value(path);
    if (value === undefined || value === null) return fallback;
    const span = typeof value === 'string' ? parseTimeSpan(value) : undefined;
    if (span === undefined || span < 0)
      throw new Error(`host.json: "${path}" must be a time span such as "00:05:00", not ${JSON.stringify(value)}.`);
    return span;
  }

  count(path: string, fallback: number): number {
    const value = this.value(path) ?? fallback;
    const number = typeof value === 'string' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 1)
      throw new Error(`host.json: "${path}" must be a whole number from 1 on, not ${JSON.stringify(value)}.`);
    return number;
  }

  /** A number, where -1 means that there is no limit. */
  limit(path: string): number | undefined {
    const value = this.value(path) ?? -1;
    return Number(value) === -1 ? undefined : this.count(path, 1);
  }

  flag(path: string, fallback: boolean): boolean {
    const value = this.value(path) ?? fallback;
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    throw new Error(`host.json: "${path}" must be true or false, not ${JSON.stringify(value)}.`);
  }
}

function logLevels(value: unknown): Record<string, LogLevel> {
  return Object.fromEntries(
    Object.entries((value ?? {}) as Json).map(([category, text]) => {
      const level = toLogLevel(String(text));
      if (level === undefined)
        throw new Error(`host.json: "logging.logLevel.${category}" is no log level: ${JSON.stringify(text)}.`);
      return [category, level];
    }),
  );
}
