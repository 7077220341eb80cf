import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** Names of the servers, in the order of their ports under `--port-base`. */
export const services = [
  'functions',
  'cosmos',
  'service-bus',
  'administration',
  'event-grid',
  'web-pubsub',
  'blobs',
  'key-vault',
  'identity',
  'telemetry',
] as const;
export type ServiceName = (typeof services)[number];

/** Official defaults where they exist. */
const defaultPorts: Readonly<Record<ServiceName, number>> = {
  functions: 7071,
  cosmos: 8081,
  'service-bus': 5672,
  administration: 5300,
  'event-grid': 8082,
  'web-pubsub': 8085,
  blobs: 10_000,
  'key-vault': 8083,
  identity: 8086,
  telemetry: 8087,
};

/** How the local Azure was asked to start. */
export interface LocalConfig {
  readonly state: string;
  readonly ports: Readonly<Record<ServiceName, number>>;
  /** Servers to start; undefined: all. */
  readonly only: readonly string[] | undefined;
  readonly serversOnly: boolean;
  readonly staleReads: number;
  /** Whether containers answer 429 when their throughput is used up. */
  readonly throttle: boolean;
  readonly seed: boolean;
  /** Whether the functions start again when a file of the app changes. */
  readonly watch: boolean;
  readonly definition: string;
}

/** Reads the command line. @throws Error that names the flag that is wrong. */
export function readLocalConfig(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): LocalConfig {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'port-base': { type: 'string' },
      state: { type: 'string' },
      only: { type: 'string' },
      'servers-only': { type: 'boolean' },
      'stale-reads': { type: 'string' },
      throttle: { type: 'boolean' },
      'no-seed': { type: 'boolean' },
      watch: { type: 'boolean' },
      definition: { type: 'string' },
      yes: { type: 'boolean' },
    },
  });
  const number = (flag: string, text: string | undefined): number | undefined => {
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!Number.isInteger(value) || value < 0) throw new Error(`--${flag} takes a whole number, not "${text}".`);
    return value;
  };
  const base = number('port-base', values['port-base']);
  const ports = Object.fromEntries(
    services.map((name, index) => [name, base === undefined ? defaultPorts[name] : base + index]),
  ) as Record<ServiceName, number>;
  return {
    state: resolve(values.state ?? environment.WARDLINE_STATE ?? '.local'),
    ports,
    only: values.only?.split(','),
    serversOnly: values['servers-only'] ?? false,
    staleReads: number('stale-reads', values['stale-reads']) ?? 0,
    throttle: values.throttle ?? false,
    seed: !(values['no-seed'] ?? false),
    watch: values.watch ?? false,
    definition: resolve(values.definition ?? 'demo/azure.ts'),
  };
}
