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
  /** Whether questions are answered with yes. */
  readonly yes: boolean;
  /** Whether the functions start again when a file of the app changes. */
  readonly watch: boolean;
  readonly definition: string;
}

/** The servers that can be started alone, with what each of them needs to be of use. */
const startable: Readonly<Record<string, readonly string[]>> = {
  cosmos: [],
  'service-bus': [],
  'event-grid': ['blobs'],
  'web-pubsub': [],
  blobs: [],
  'key-vault': ['identity'],
  identity: [],
  telemetry: [],
};

const flags = {
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
} as const;

/** Reads the command line of this process; ends it with what is wrong when it cannot be read. */
export function readCommandLine(): LocalConfig {
  try {
    return readLocalConfig(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(2);
  }
}

/** Reads a command line. @throws Error that names the flag that is wrong, and what there is instead. */
export function readLocalConfig(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): LocalConfig {
  const { values } = parse(args);
  const base = readNumber('port-base', values['port-base'], 1, 65_535 - services.length + 1);
  const ports = Object.fromEntries(
    services.map((name, index) => [name, base === undefined ? defaultPorts[name] : base + index]),
  ) as Record<ServiceName, number>;
  return {
    state: resolve(values.state ?? environment.WARDLINE_STATE ?? '.local'),
    ports,
    only: readOnly(values.only),
    serversOnly: values['servers-only'] ?? false,
    staleReads: readNumber('stale-reads', values['stale-reads'] ?? environment.COSMOS_STALE_READS_MS, 0, 60_000) ?? 0,
    throttle: values.throttle ?? false,
    seed: !(values['no-seed'] ?? false),
    watch: values.watch ?? false,
    definition: resolve(values.definition ?? 'demo/azure.ts'),
    yes: values.yes ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags });
  } catch (error) {
    const why = error instanceof Error ? error.message.split('. ', 1)[0] : String(error);
    const known = Object.keys(flags).map((name) => `--${name}`);
    throw new Error(`${why}. There are: ${known.join(', ')}.`, { cause: error });
  }
}

function readNumber(flag: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text === '' || !Number.isInteger(value) || value < least || value > most)
    throw new Error(`--${flag} takes a whole number from ${least} to ${most}, not "${text}".`);
  return value;
}

/** The named servers and what they need. */
function readOnly(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const wanted = text.split(',').map((name) => name.trim());
  const unknown = wanted.find((name) => startable[name] === undefined);
  if (unknown !== undefined)
    throw new Error(`--only knows no server "${unknown}". There are: ${Object.keys(startable).join(', ')}.`);
  return [...new Set(wanted.flatMap((name) => [name, ...(startable[name] ?? [])]))];
}
