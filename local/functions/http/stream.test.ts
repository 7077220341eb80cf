import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type SpawnedServer, spawnServer } from '../../spawn.ts';

let state: string;
let host: SpawnedServer;
const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${host.endpoint}/${path}`, init);

before(async () => {
  state = mkdtempSync(join(tmpdir(), 'functions-stream-'));
  host = await spawnServer('functions', {
    port: 0,
    state,
    app: fileURLToPath(new URL('../fixtures/stream', import.meta.url)),
    settings: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '3000000' },
  });
});
after(async () => {
  await host?.stop();
  rmSync(state, { recursive: true, force: true });
});

test('an answer comes as the function gives it, chunk by chunk', async () => {
  const response = await get('slowly');
  assert.equal(response.headers.get('content-type'), 'application/fhir+ndjson');
  assert.equal(response.headers.get('x-own'), 'yes');
  assert.equal(response.headers.get('x-ms-invocation-id'), null);
  assert.deepEqual(response.headers.getSetCookie(), ['a=b; HttpOnly']);
  const chunks: string[] = [];
  for await (const chunk of response.body ?? []) chunks.push(Buffer.from(chunk).toString());
  assert.equal(chunks.join(''), 'line 0\nline 1\nline 2\nline 3\n');
  assert.ok(chunks.length > 1, `came in ${chunks.length} chunks`);
});

test('a request reaches the function before it has been sent whole', async () => {
  const answer = new Promise<{ bytes: number; several: boolean }>((resolve, reject) => {
    const request = httpRequest({ port: host.port, path: '/counts/a%20b?x=1', method: 'POST' }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text)));
    });
    request.on('error', reject);
    request.write(Buffer.alloc(1000));
    setTimeout(() => request.end(Buffer.alloc(1000)), 100);
  });
  assert.deepEqual(await answer, { bytes: 2000, several: true, params: { name: 'a b' }, query: { x: '1' } });
});

test('a large body streams through; one over the limit is 413', async () => {
  const post = (size: number) => get('counts/n', { method: 'POST', body: new Uint8Array(size) });
  assert.equal(((await (await post(3_000_000)).json()) as { bytes: number }).bytes, 3_000_000);
  const refused = await post(3_000_001).then(
    ({ status }) => status,
    () => 'closed',
  );
  assert.ok(refused === 413 || refused === 'closed', String(refused));
});

test('status and method are the function’s; HEAD has no body', async () => {
  const deleted = await get('methods', { method: 'DELETE' });
  assert.equal(deleted.status, 202);
  assert.equal(await deleted.text(), 'DELETE');
  const head = await get('methods', { method: 'HEAD' });
  assert.equal(head.status, 202);
  assert.equal(await head.text(), '');
});

test('a function that does not read its body leaves the connection usable', async () => {
  for (let i = 0; i < 3; i++) {
    const response = await get('ignores', { method: 'POST', body: new Uint8Array(500_000) });
    assert.equal(await response.text(), 'did not read');
  }
});

test('no result is 204, a throw 500, and a stream that breaks off breaks off for the caller', async () => {
  assert.equal((await get('nothing')).status, 204);
  assert.equal((await get('throws')).status, 500);
  const broken = await get('breaks');
  assert.equal(broken.status, 200);
  await assert.rejects(broken.text());
  assert.equal((await get('nothing')).status, 204);
});

test('keys are asked for before anything is handed over', async () => {
  const keys = JSON.parse(readFileSync(join(state, 'keys.json'), 'utf8'));
  assert.equal((await get('locked')).status, 401);
  assert.equal(await (await get(`locked?code=${keys.functions.locked.default}`)).text(), 'open');
});

test('a caller who goes away in the middle harms nobody', async () => {
  for (let i = 0; i < 5; i++) {
    await new Promise<void>((resolve) => {
      const socket = connect(host.port, '127.0.0.1', () => {
        socket.write('POST /counts/n HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\npart');
        setTimeout(() => resolve(void socket.destroy()), 30);
      });
    });
  }
  assert.equal((await get('methods')).status, 202);
});

test('nothing of it listens outside of the loopback interface', { skip: process.platform !== 'linux' }, () => {
  const own = new Set(
    readdirSync(`/proc/${host.child.pid}/fd`).map((fd) => readlinkSync(`/proc/${host.child.pid}/fd/${fd}`)),
  );
  // proc_net(5): local address and port in hexadecimal, state 0A is LISTEN, the tenth field is the inode.
  const listening = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && own.has(`socket:[${fields[9]}]`)),
  );
  assert.deepEqual(
    listening.map((fields) => fields[1]),
    [`0100007F:${host.port.toString(16).toUpperCase().padStart(4, '0')}`],
  );
});
