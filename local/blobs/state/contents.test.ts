import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { eventually } from '../../fixtures/eventually.ts';
import { BlobStore } from './blob-store.ts';

const folders: string[] = [];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blob-contents-'));
  folders.push(folder);
});
after(() => {
  for (const one of folders) rmSync(one, { recursive: true, force: true });
});

const files = (): string[] => readdirSync(join(folder, 'contents'));
async function* inParts(bytes: Buffer, size = 10_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Puts bytes in the place of what the blob held. */
async function put(store: BlobStore, bytes: Buffer): Promise<void> {
  const received = await store.contents.receive(inParts(bytes), bytes.length);
  await store.change((drop) => {
    const segment = { start: 0, length: bytes.length, content: store.contents.keep(received), block: null };
    drop(store.replaceSegments('c', 'b', [segment]));
  });
}

async function read(store: BlobStore, content: number, length: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of store.contents.read(content, 0, length)) parts.push(part);
  return Buffer.concat(parts);
}

test('a reader gets what it began to read although something else took its place, which is then removed', async () => {
  const store = new BlobStore(folder, 0);
  for (const size of [1_000, 400_000]) {
    const [first, second] = [randomBytes(size), randomBytes(size)];
    await put(store, first);
    const [{ content = 0 } = {}] = store.segments('c', 'b');
    const release = store.contents.hold([content]);
    await put(store, second);
    assert.deepEqual(await read(store, content, size), first);
    release();
    await eventually('the end of it', () =>
      read(store, content, size).then(
        () => false,
        () => true,
      ),
    );
    const [{ content: now = 0 } = {}] = store.segments('c', 'b');
    assert.deepEqual(await read(store, now, size), second);
  }
  assert.equal(files().length, 1);
  store.close();
});

test('what was received and never named, or never finished, is gone after a new start; the rest stays', async () => {
  const first = new BlobStore(folder, 0);
  const kept = randomBytes(200_000);
  await put(first, kept);
  await first.contents.receive(inParts(randomBytes(300_000)), 300_000);
  writeFileSync(join(folder, 'contents', 'half'), 'half of it');
  assert.equal(files().length, 3);
  first.close();
  const second = new BlobStore(folder, 0);
  assert.equal(files().length, 1);
  const [{ content = 0 } = {}] = second.segments('c', 'b');
  assert.deepEqual(await read(second, content, kept.length), kept);
  second.close();
});

test('a body that breaks off leaves no file', async () => {
  const store = new BlobStore(folder, 0);
  async function* broken(): AsyncGenerator<Buffer> {
    yield randomBytes(200_000);
    throw new Error('the caller went away');
  }
  await assert.rejects(store.contents.receive(broken(), 400_000), /went away/);
  assert.deepEqual(files(), []);
  store.close();
});

test('blocks that no list named are kept for a week', async () => {
  const week = 7 * 24 * 3600_000;
  const first = new BlobStore(folder, 0);
  const received = await first.contents.receive(inParts(Buffer.from('x')), 1);
  await first.change(() => {
    first.stageBlock('c', 'b', { block: 'YQ==', length: 1, content: first.contents.keep(received) }, 1_000);
  });
  first.close();
  const inTime = new BlobStore(folder, week);
  assert.equal(inTime.staged('c', 'b').length, 1);
  inTime.close();
  const late = new BlobStore(folder, week + 1_001);
  assert.equal(late.staged('c', 'b').length, 0);
  late.close();
});
