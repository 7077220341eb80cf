import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type SpawnedServer, spawnServer } from '../../spawn.ts';

let root: string;
let buffered: SpawnedServer;
let streamed: SpawnedServer;

before(async () => {
  root = mkdtempSync(join(tmpdir(), 'functions-fuzz-'));
  const start = (name: string): Promise<SpawnedServer> =>
    spawnServer('functions', {
      port: 0,
      state: join(root, name),
      app: fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url)),
      settings: { YEARLY: '0 0 0 1 1 *', FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '100000' },
    });
  [buffered, streamed] = await Promise.all([start('http'), start('stream')]);
});
after(async () => {
  await Promise.all([buffered?.stop(), streamed?.stop()]);
  rmSync(root, { recursive: true, force: true });
});

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Sends bytes and says no more; resolves with the status of the answer, or undefined when the connection just ended. */
function send(port: number, bytes: Buffer): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    const late = setTimeout(
      () => reject(new Error(`No end after ${JSON.stringify(bytes.toString('latin1').slice(0, 300))}`)),
      20_000,
    );
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(late);
      const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1];
      resolve(status === undefined ? undefined : Number(status));
    });
  });
}

const known: readonly (readonly [string, string, readonly (number | undefined)[]])[] = [
  ['no HTTP', 'hello\r\n\r\n', [400]],
  ['a method that is none', 'FOO /v1/items/1 HTTP/1.1\r\nHost: a\r\n\r\n', [400]],
  ['no Host', 'GET /v1/items/1 HTTP/1.1\r\n\r\n', [400]],
  ['a Host that is none', 'GET /v1/items/1 HTTP/1.1\r\nHost: a b/c\r\n\r\n', [400]],
  ['two lengths', 'POST /v1/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx', [400]],
  [
    'length and chunks',
    'POST /v1/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    [400],
  ],
  [
    'a chunk that is none',
    'POST /v1/upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    [400, undefined],
  ],
  ['a header that is none', 'GET /v1/items/1 HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n', [400]],
  ['headers too large', `GET /v1/items/1 HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, [431]],
  ['an address too long', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, [431]],
  [
    'a body too large',
    `POST /v1/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n${'x'.repeat(100_001)}`,
    [413, undefined],
  ],
  ['a NUL in the address', 'GET /v1/items/%00 HTTP/1.1\r\nHost: a\r\n\r\n', [400]],
  ['a target that is an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', [400]],
  ['a target that is a name', 'GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n', [400]],
  ['a way up', 'GET /v1/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n', [404]],
  ['two slashes', 'GET //evil.example/x HTTP/1.1\r\nHost: a\r\n\r\n', [404]],
];

test('what is no proper request is answered with what is wrong, in both modes', async () => {
  for (const host of [buffered, streamed]) {
    for (const [what, bytes, statuses] of known) {
      const path = host === streamed ? bytes.replace('/v1/upload', '/counts/n') : bytes;
      const status = await send(host.port, Buffer.from(path, 'latin1'));
      assert.ok(statuses.includes(status), `${what}: ${status}`);
    }
  }
});

test('a thousand mutilated requests crash nothing, hang nothing, and are never answered as if they were fine', async () => {
  const random = randomOf(20261125);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const proper = [
    'POST /v1/everything?a=1&b=%C3%A4 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a":"b"}',
    'POST /counts/n HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n',
    'GET /v1/items/%E2%82%AC?x=%zz HTTP/1.1\r\nHost: localhost\r\ntraceparent: 00-00-00-00\r\nCookie: a=b\r\n\r\n',
    'POST /runtime/webhooks/eventgrid?functionName=a HTTP/1.1\r\nHost: localhost\r\naeg-event-type: Notification\r\nContent-Length: 2\r\n\r\n{}',
    'PUT /admin/functions/x/keys/%ff HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}',
  ];
  const mutilate = (text: string): Buffer => {
    let bytes = Buffer.from(text, 'latin1');
    for (let i = 0; i <= random() * 4; i++) {
      const at = Math.floor(random() * bytes.length);
      const rest = bytes.subarray(at);
      const junk = Buffer.from(Array.from({ length: Math.floor(random() * 12) }, () => Math.floor(random() * 256)));
      bytes = pick([
        () => Buffer.concat([bytes.subarray(0, at), junk, rest]),
        () => Buffer.concat([bytes.subarray(0, at), rest.subarray(Math.floor(random() * 20))]),
        () => bytes.subarray(0, Math.max(1, at)),
        () => Buffer.concat([bytes.subarray(0, at), Buffer.from('\r\n'), rest]),
        () => Buffer.concat([bytes.subarray(0, at), Buffer.from('%'), rest]),
        () => Buffer.concat([bytes, bytes]),
      ])();
    }
    return bytes;
  };
  const statuses = new Map<number | undefined, number>();
  for (let i = 0; i < 125; i++) {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => send(pick([buffered, streamed]).port, mutilate(pick(proper)))),
    );
    for (const status of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  const allowed = new Set([200, 204, 400, 401, 404, 408, 413, 417, 431, undefined]);
  assert.deepEqual(
    [...statuses.keys()].filter((status) => !allowed.has(status)),
    [],
    JSON.stringify([...statuses]),
  );
  assert.equal((await fetch(`${buffered.endpoint}/v1/items/1`)).status, 200);
  assert.equal((await fetch(`${streamed.endpoint}/methods`)).status, 202);
});
