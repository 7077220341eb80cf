import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually, startWardline, type Wardline } from './support/wardline.ts';

let wardline: Wardline;
const out = mkdtempSync(join(tmpdir(), 'wardline-generated-'));
before(async () => {
  wardline = await startWardline();
});
after(async () => {
  rmSync(out, { recursive: true, force: true });
  await wardline?.stop();
});

/** In a process of its own, and without waiting for it in this one: connections must not grow old meanwhile. */
const run = (...args: string[]): Promise<{ status: number; text: string }> =>
  new Promise((resolve) => {
    const own = args[0] === 'tools/load.ts' ? ['--state', wardline.state] : [];
    const all = ['--disable-warning=ExperimentalWarning', ...args, ...own];
    execFile(process.execPath, all, { maxBuffer: 100_000_000 }, (error, stdout, stderr) =>
      resolve({ status: Number(error?.code ?? 0), text: stdout + stderr }),
    );
  });

test('a generated hospital loads beside the seed, all of it is found, and its wards have boards', async () => {
  const team = await wardline.call('operations', '/operations/teams/RR8-J09-nursing', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ wards: ['J09', 'J11'] }),
  });
  assert.equal(team.status, 204);
  const made = await run('tools/generate.ts', '--wards', '7', '--patients', '20', '--seed', '3', '--out', out);
  assert.equal(made.status, 0, made.text);
  for (const [trust, user] of [
    ['RR8', 'integration'],
    ['RXF', 'integration.rxf'],
  ] as const) {
    const loaded = await run('tools/load.ts', ...globSync(join(out, `${trust}-*.ndjson`)), '--user', user);
    assert.equal(loaded.status, 0, loaded.text);
    const count = (name: string): number => Number(new RegExp(`${name}\\W+(\\d+)`).exec(loaded.text)?.[1]);
    assert.ok(
      count('in') > 60 && count('in') === count('stored') && count('in') === count('found by search'),
      loaded.text,
    );
  }
  await eventually(
    () => wardline.call('nurse.j09', '/boards/J11'),
    ({ status }) => status === 200,
    45_000,
  );
  const board = await eventually(
    async () => (await (await wardline.call('nurse.j09', '/boards/J11')).json()) as { beds: { state: string }[] },
    ({ beds }) => beds.filter(({ state }) => state === 'occupied').length >= 1,
  );
  assert.equal(board.beds.length, 28);
});

test('the same patients a second time are refused one by one, and nothing is doubled', async () => {
  const [file = ''] = globSync(join(out, 'RR8-patients.ndjson'));
  const again = await run('tools/load.ts', file);
  assert.match(again.text, /409 .*same NHS number/);
  assert.match(again.text, /stored\W+0\b/);
});

test('wishes that cannot be met are refused with what can be', async () => {
  for (const [option, value, answer] of [
    ['--wards', '9999', /--wards takes a whole number from 1 to 600/],
    ['--trusts', '3', /--trusts takes a whole number from 1 to 2/],
    ['--seed', 'x', /--seed takes a whole number/],
    ['--now', 'yesterday', /--now takes a moment/],
  ] as const) {
    const { status, text } = await run('tools/generate.ts', option, value, '--out', out);
    assert.equal(status, 1);
    assert.match(text, answer);
  }
});
