import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from './fixtures/eventually.ts';
import { freePortBase } from './fixtures/free-port-base.ts';
import { listen } from './http-server.ts';

const folder = import.meta.dirname;
/** The first of a row of ports of this process's own. */
let portBase: number;
let state: string;
let calls: string;

before(async () => {
  portBase = await freePortBase();
  state = mkdtempSync(join(tmpdir(), 'one-command-'));
  calls = join(state, 'calls-out.txt');
  writeFileSync(calls, '');
});
/** Everything that was started; a test that fails leaves nothing behind. */
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(state, { recursive: true, force: true });
});

/** Long, since the machine may be busy with other things; a start takes seconds. */
const startTimeout = 240_000;

interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
}

/** The servers of a small application, with every way out of the machine closed, in a process group as a terminal makes one. */
function start(...flags: string[]): Started {
  const script = join(folder, 'start.ts');
  const definition = join(folder, 'fixtures/definition.ts');
  const given = ['--servers-only', '--port-base', String(portBase), '--state', state, '--definition', definition];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...given, ...flags], {
    detached: true,
    env: {
      ...process.env,
      NODE_OPTIONS: `--import ${join(folder, 'fixtures/no-way-out.ts')}`,
      CALLS_OUT: calls,
    },
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      output += chunk;
    });
  return { child, output: () => output };
}
const endpointsFile = (): string => join(state, 'endpoints.json');
const ready = ({ child, output }: Started): Promise<boolean> =>
  eventually(
    'the endpoints',
    () => {
      if (child.exitCode !== null) throw new Error(`It did not start:\n${output()}`);
      return existsSync(endpointsFile());
    },
    startTimeout,
  );
const exit = async ({ child }: Started): Promise<number | null> =>
  child.exitCode ?? ((await once(child, 'exit'))[0] as number | null);
const pidOf = (server: string): number => Number(readFileSync(join(state, 'run', `${server}.pid`), 'utf8'));
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const run = (script: string, ...flags: string[]) =>
  spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(folder, script), '--state', state, ...flags],
    {
      encoding: 'utf8',
    },
  );

test('the servers start, come back when killed, end with their supervisor, and call nobody', async () => {
  const first = start();
  await ready(first);
  const endpoints = JSON.parse(readFileSync(endpointsFile(), 'utf8'));
  assert.equal(endpoints.cosmos.endpoint, `http://localhost:${portBase + 1}/`);
  assert.equal(endpoints.eventGrid.in.endpoint, `http://localhost:${portBase + 4}/in/api/events`);

  const again = start();
  assert.equal(await exit(again), 1);
  assert.match(again.output(), /already running under .* \(process \d+\)\. Stop it with npm stop, or .*--port-base/);
  assert.ok(existsSync(endpointsFile()));
  assert.match(run('reset.ts', '--yes').stderr, /It is running\. Stop it first: npm stop/);

  const killed = pidOf('web-pubsub');
  process.kill(killed, 'SIGKILL');
  await eventually('the server again', async () => {
    const answer = await fetch(`http://localhost:${portBase + 5}/api/health`).catch(() => undefined);
    return answer?.status === 200 && pidOf('web-pubsub') !== killed;
  });
  assert.match(first.output(), /web-pubsub died \(SIGKILL\); starting it again/);

  const servers = ['cosmos', 'service-bus', 'event-grid', 'blobs', 'key-vault', 'identity', 'telemetry'].map(pidOf);
  first.child.kill('SIGKILL');
  await eventually('the end of all servers', () => !servers.some(isAlive));

  const second = start();
  await eventually('the endpoints of the second start', () => second.output().includes('  ready'), startTimeout);
  // Ctrl-C goes to every process of the terminal.
  process.kill(-Number(second.child.pid), 'SIGINT');
  assert.equal(await exit(second), 0);
  assert.ok(!existsSync(endpointsFile()));
  assert.doesNotMatch(second.output(), /died|Error/);
  assert.match(run('stop.ts').stdout, /Nothing is running here/);
  assert.equal(readFileSync(calls, 'utf8'), '');
});

test('a busy port is named with what to do, and nothing stays behind', async () => {
  for (const [server, offset] of [
    ['cosmos', 1],
    ['blobs', 6],
  ] as const) {
    const occupied = await listen(createServer(), portBase + offset);
    const refused = start('--only', `${server},identity`);
    assert.equal(await exit(refused), 1);
    await eventually('the port of the other server', async () => {
      const other = await listen(createServer(), portBase + 8).catch(() => undefined);
      await other?.close();
      return other !== undefined;
    });
    await occupied.close();
    assert.match(
      refused.output(),
      new RegExp(`Port ${portBase + offset} is busy\\. Stop what uses it, or start with another --port-base`),
    );
  }
});

test('a part starts alone, stops by the command, and is emptied by the command', async () => {
  const part = start('--only', 'event-grid');
  await ready(part);
  assert.match(part.output(), /servers ready: (event-grid, blobs|blobs, event-grid)/);
  const stopped = run('stop.ts');
  assert.match(stopped.stdout, /Stopped\./);
  assert.equal(await exit(part), 0);
  assert.match(run('reset.ts', '--yes').stdout, /Emptied/);
  assert.ok(!existsSync(state));
});

test('flags and definitions that are not there are told, without a stack', async () => {
  const { status, stderr } = run('start.ts', '--ports', '9');
  assert.equal(status, 2);
  assert.match(stderr, /^Unknown option '--ports'\. There are: --port-base/);
  const missing = run('start.ts', '--definition', 'nowhere.ts', '--servers-only');
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /There is no definition .*nowhere\.ts/);
});
