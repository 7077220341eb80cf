import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually, startWardline, type Wardline } from './support/wardline.ts';

/** With every name but localhost unknown and every address but loopback closed, for every process that is started here. */
const folder = mkdtempSync(join(tmpdir(), 'calls-nobody-'));
const calls = join(folder, 'calls.txt');
let wardline: Wardline;
before(async () => {
  writeFileSync(calls, '');
  process.env['NODE_OPTIONS'] = `--import ${join(import.meta.dirname, '../local/fixtures/no-way-out.ts')}`;
  process.env['CALLS_OUT'] = calls;
  wardline = await startWardline();
});
after(async () => {
  await wardline?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs one of the npm scripts' programs. @returns what it printed. @throws when it fails */
function run(tool: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', tool, ...args],
    { encoding: 'utf8', env: { ...process.env, WARDLINE_STATE: wardline.state } },
  );
  assert.equal(status, 0, `${tool}: ${stdout}${stderr}`);
  return stdout;
}

test('start, the application and a stretch of the demo make no attempt to reach anything elsewhere', async () => {
  const said = run('tools/demo.ts', '--seconds', '20');
  assert.match(said, /NEWS2 sent \(202\)/);
  assert.match(said, /moved/);
  // The moves reach the board by Event Grid, the forms by Service Bus, hints by Web PubSub, telemetry by its sink.
  await eventually(
    async () => run('tools/audit-verify.ts'),
    (verified) => /\d\d+ entries/.test(verified),
  );
  run('tools/dead-letters.ts');
  const watched = new Set(readFileSync(`${calls}.watched`, 'utf8').split('\n'));
  const running = readdirSync(join(wardline.state, 'run'), { encoding: 'utf8' }).filter((name) =>
    name.endsWith('.pid'),
  );
  assert.ok(running.includes('functions.pid') && running.includes('cosmos.pid'), running.join());
  for (const name of running)
    assert.ok(watched.has(readFileSync(join(wardline.state, 'run', name), 'utf8').trim()), `${name} is watched`);
  assert.equal(readFileSync(calls, 'utf8'), '');
});
