import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePortBase } from '../../local/fixtures/free-port-base.ts';

/** What `npm start` writes when it is ready; other projects rely on this shape too. */
export interface Endpoints {
  readonly functions: string;
  readonly cosmos: { readonly endpoint: string; readonly key: string };
  readonly serviceBus: { readonly connectionString: string; readonly administration: string };
  readonly eventGrid: Record<'in' | 'out', { readonly endpoint: string; readonly key: string }>;
  readonly webPubSub: { readonly connectionString: string; readonly hub: string };
  readonly blobs: { readonly connectionString: string };
  readonly keyVault: { readonly endpoint: string };
  readonly identity: { readonly issuer: string };
  readonly telemetry: { readonly endpoint: string };
}

/** A whole Wardline of the test's own: its ports, its state, its processes. */
export interface Wardline {
  readonly state: string;
  readonly endpoints: Endpoints;
  /** A bearer token of a demo user. */
  token(user: string): Promise<string>;
  /** Calls the API as a demo user. */
  call(user: string, path: string, init?: RequestInit): Promise<Response>;
  /** Kills one server (or `functions`) as a power cut would; the supervisor brings it back. */
  kill(service: string): void;
  /** Waits until the API is ready (again). */
  ready(): Promise<void>;
  stop(): Promise<void>;
  /** What it printed, the last of it. */
  output(): string;
}

/** Where a Wardline lives. Its keys name the vault's address, so a folder stays with its ports. */
export interface Home {
  readonly state: string;
  readonly portBase: number;
}

export const newHome = async (): Promise<Home> => ({
  state: mkdtempSync(join(tmpdir(), 'wardline-test-')),
  portBase: await freePortBase(),
});

const startTimeout = 400_000;

/**
 * Starts the local Azure and Wardline on it, seeded, and waits until it is ready.
 * @param flags further ones of `npm start`, e.g. `--stale-reads 300`.
 * @param options `environment` of its processes besides this one's; `home`: folder and ports that last longer than it does
 */
export async function startWardline(
  flags: readonly string[] = [],
  options: { readonly environment?: Readonly<Record<string, string>>; readonly home?: Home } = {},
): Promise<Wardline> {
  buildPages();
  const { state, portBase } = options.home ?? (await newHome());
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      'local/start.ts',
      '--port-base',
      String(portBase),
      '--state',
      state,
      ...flags,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.environment } },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (output = (output + chunk).slice(-20_000)));
  const file = join(state, 'endpoints.json');
  const deadline = Date.now() + startTimeout;
  while (!existsSync(file)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGTERM');
      throw new Error(`Wardline did not start:\n${output}`);
    }
    await sleep(100);
  }
  const endpoints: Endpoints = JSON.parse(readFileSync(file, 'utf8'));
  const tokens = new Map<string, { token: string; until: number }>();
  const wardline: Wardline = {
    state,
    endpoints,
    output: () => output,
    async token(user) {
      const known = tokens.get(user);
      if (known !== undefined && known.until > Date.now()) return known.token;
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', 'tools/token.ts', '--user', user, '--state', state],
        { encoding: 'utf8' },
      );
      if (status !== 0) throw new Error(`No token for ${user}: ${stderr}`);
      tokens.set(user, { token: stdout.trim(), until: Date.now() + 300_000 });
      return stdout.trim();
    },
    async call(user, path, init = {}) {
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${await wardline.token(user)}`);
      if (init.body !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/fhir+json');
      return fetch(new URL(path, endpoints.functions), { ...init, headers });
    },
    kill(service) {
      const pid = Number(readFileSync(join(state, 'run', `${service}.pid`), 'utf8'));
      process.kill(pid, 'SIGKILL');
    },
    async ready() {
      const until = Date.now() + startTimeout;
      for (;;) {
        const response = await fetch(new URL('/health/ready', endpoints.functions)).catch(() => undefined);
        if (response?.status === 200) return;
        if (Date.now() > until) throw new Error(`Wardline is not ready: ${await response?.text()}\n${output}`);
        await sleep(100);
      }
    },
    async stop() {
      child.kill('SIGTERM');
      const gone = once(child, 'exit');
      const forced = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await gone;
      clearTimeout(forced);
      const isKept = options.home !== undefined || process.env['WARDLINE_KEEP_STATE'];
      if (!isKept) rmSync(state, { recursive: true, force: true });
    },
  };
  await wardline.ready();
  return wardline;
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Asks until the answer satisfies; fails with the last answer when time is up. */
export async function eventually<T>(
  ask: () => Promise<T>,
  satisfies: (answer: T) => boolean,
  timeout = 15_000,
): Promise<T> {
  const until = Date.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    if (Date.now() > until)
      throw new Error(`Still not so after ${timeout} ms: ${JSON.stringify(answer)?.slice(0, 2000)}`);
    await sleep(50);
  }
}

function buildPages(): void {
  const { status } = spawnSync(process.execPath, ['tools/build-web.ts'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The pages could not be built.');
}
