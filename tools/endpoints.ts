import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The parts of `<state>/endpoints.json` that the tools use. */
export interface Endpoints {
  readonly functions: string;
  readonly serviceBus: { readonly connectionString: string };
  readonly eventGrid: Record<'in' | 'out', { readonly endpoint: string; readonly key: string }>;
  readonly identity: { readonly issuer: string };
  readonly telemetry: { readonly endpoint: string };
}

/** The value behind `--name` on the command line. */
export function flag(name: string): string | undefined {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? undefined : process.argv[index + 1];
}

/** The state folder: `--state`, else WARDLINE_STATE, else `.local`. */
export const stateFolder = (): string => flag('state') ?? process.env['WARDLINE_STATE'] ?? '.local';

/** Where the running Wardline answers. @throws Error that says how to start it. */
export function readEndpoints(): Endpoints {
  try {
    // The seed runs before the system counts as ready and is told where to look.
    return JSON.parse(readFileSync(process.env.WARDLINE_ENDPOINTS ?? join(stateFolder(), 'endpoints.json'), 'utf8'));
  } catch (cause) {
    throw new Error(`Wardline is not running here (no ${stateFolder()}/endpoints.json). Start it with: npm start`, {
      cause,
    });
  }
}
