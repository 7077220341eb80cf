import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { spawnServer } from '../../spawn.ts';

const key = Buffer.alloc(64, 7).toString('base64');
const kills = 10;
const acknowledgedBeforeKill = 25;
const workers = 12;
/** What a blob must hold at least (`version`), or that it is gone. */
type Known = Map<string, { readonly version: number; readonly deleted: boolean }>;

test('ten kills under load: every acknowledged blob is there whole, what was deleted is gone, and nothing is left over', async () => {
  const state = mkdtempSync(join(tmpdir(), 'blobs-kill-'));
  const known: Known = new Map();
  let next = 0;
  let port = 0;
  for (let kill = 0; kill <= kills; kill++) {
    const server = await spawnServer('blobs', { port, state, account: 'test', key });
    port = server.port;
    const container = BlobServiceClient.fromConnectionString(
      `DefaultEndpointsProtocol=http;AccountName=test;AccountKey=${key};BlobEndpoint=${server.endpoint};`,
      { retryOptions: { maxTries: 1 } },
    ).getContainerClient('killed');
    await container.createIfNotExists();
    await verify(container, known);
    if (kill === kills) {
      await container.delete();
      await server.stop();
      assert.deepEqual(readdirSync(join(state, 'contents')), [], 'files that no blob needs');
      break;
    }
    await new Promise<void>((killed) => {
      let acknowledged = 0;
      let dead = false;
      const work = async (): Promise<void> => {
        while (!dead) {
          await change(container, next++, known);
          if (++acknowledged === acknowledgedBeforeKill && !dead) {
            dead = true;
            await server.kill();
            killed();
          }
        }
      };
      // What was under way when the server died was not acknowledged, whatever became of it.
      for (let worker = 0; worker < workers; worker++) void work().catch(() => undefined);
    });
  }
  rmSync(state, { recursive: true, force: true });
});

/** Bytes that prove themselves: their own hash stands before them. Every third blob is large enough for a file. */
function content(name: string, version: number): Buffer {
  const body = Buffer.alloc(Number(name.slice(1)) % 3 === 0 ? 300_000 : 2_000, `${name} ${version} `);
  return Buffer.concat([createHash('sha256').update(body).digest(), Buffer.from([version]), body]);
}

/** Writes a blob, in one go or in blocks, writes it again, deletes every fifth; notes only what was acknowledged. */
async function change(container: ContainerClient, n: number, known: Known): Promise<void> {
  const name = `b${n}`;
  const blob = container.getBlockBlobClient(name);
  for (const version of [1, 2]) {
    const bytes = content(name, version);
    if (n % 2 === 0) await blob.upload(bytes, bytes.length);
    else {
      const half = bytes.length / 2;
      const ids = ['a', 'b'].map((text) => Buffer.from(text).toString('base64'));
      const parts = [bytes.subarray(0, half), bytes.subarray(half)];
      for (const [index, part] of parts.entries()) await blob.stageBlock(ids[index] ?? '', part, part.length);
      await blob.commitBlockList(ids);
    }
    known.set(name, { version, deleted: false });
  }
  if (n % 5 !== 0) return;
  known.set(name, { version: 0, deleted: false });
  await blob.delete();
  known.set(name, { version: 0, deleted: true });
}

async function verify(container: ContainerClient, known: Known): Promise<void> {
  const found: string[] = [];
  for await (const { name } of container.listBlobsFlat()) found.push(name);
  const waiting = found.values();
  const check = async (): Promise<void> => {
    for (const name of waiting) {
      const bytes = await container.getBlobClient(name).downloadToBuffer();
      const [hash, version, body] = [bytes.subarray(0, 32), bytes[32] ?? 0, bytes.subarray(33)];
      assert.deepEqual(createHash('sha256').update(body).digest(), hash, `${name} is whole`);
      assert.ok(version >= (known.get(name)?.version ?? 0), `${name} is what was acknowledged last`);
      assert.ok(known.get(name)?.deleted !== true, `${name} was deleted`);
    }
  };
  await Promise.all(Array.from({ length: workers }, check));
  const there = new Set(found);
  for (const [name, { version }] of known) assert.ok(version === 0 || there.has(name), `${name} was acknowledged`);
}
