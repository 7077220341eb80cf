import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

/** The guard that tests of "nothing calls out" rely on, held against programs that do. */
const folder = mkdtempSync(join(tmpdir(), 'no-way-out-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What was noticed of a script, in the process given NODE_OPTIONS. */
function noticed(script: string): string {
  const file = join(folder, 'calls.txt');
  writeFileSync(file, '');
  const guard = join(import.meta.dirname, 'fixtures', 'no-way-out.ts');
  const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: `--import ${guard}`, CALLS_OUT: file },
  });
  assert.equal(status, 0, stderr);
  assert.ok(existsSync(`${file}.watched`));
  return readFileSync(file, 'utf8');
}

test('names and addresses elsewhere are noticed, whichever way they are asked for', () => {
  assert.match(noticed("await fetch('http://example.invalid/').catch(() => {})"), /(lookup|connect) example\.invalid/);
  assert.match(noticed("await fetch('http://192.0.2.1/').catch(() => {})"), /connect 192\.0\.2\.1/);
  const resolve = "import dns from 'node:dns'; await dns.promises.resolve4('a.invalid').catch(() => {});";
  assert.match(noticed(resolve), /resolve4 a\.invalid/);
  const secure = "import tls from 'node:tls'; try { tls.connect(443, 'b.invalid').on('error', () => {}); } catch {}";
  assert.match(noticed(secure), /(lookup|connect) b\.invalid/);
  const datagram =
    "import dgram from 'node:dgram'; try { dgram.createSocket('udp4').send('x', 53, '192.0.2.2'); } catch {} process.exit();";
  assert.match(noticed(datagram), /send 192\.0\.2\.2/);
});

test('so are those of a child process and of a worker', () => {
  const call = "fetch('http://192.0.2.3/').catch(() => {})";
  const child = `import { spawnSync } from 'node:child_process'; spawnSync(process.execPath, ['-e', ${JSON.stringify(call)}]);`;
  assert.match(noticed(child), /connect 192\.0\.2\.3/);
  const worker = `import { Worker } from 'node:worker_threads'; new Worker(${JSON.stringify(call)}, { eval: true });`;
  assert.match(noticed(worker), /connect 192\.0\.2\.3/);
});

test('what stays on the machine is let through', () => {
  const script = `
    import { createServer } from 'node:http';
    const server = createServer((_, response) => response.end('here')).listen(0, 'localhost', async () => {
      const text = await (await fetch('http://localhost:' + server.address().port)).text();
      server.closeAllConnections();
      server.close();
      if (text !== 'here') process.exitCode = 1;
    });`;
  assert.equal(noticed(script), '');
});
