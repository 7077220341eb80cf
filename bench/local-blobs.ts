import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { spawnServer } from '../local/spawn.ts';
import { compare, type LocalFigure } from './measure.ts';

const key = Buffer.alloc(64, 7).toString('base64');
const seconds = 6;
const rounds = 3;
const content = 'x'.repeat(1024);

/** Putting and getting blobs of 1 kB through the SDK, beside a server that answers the same without doing anything. */
export async function benchLocalBlobs(): Promise<readonly LocalFigure[]> {
  const state = mkdtempSync(join(tmpdir(), 'bench-blobs-'));
  const [server, floor] = await Promise.all([
    spawnServer('blobs', { port: 0, state, account: 'bench', key }),
    startFloor(),
  ]);
  const blobs = containerOf(server.port);
  const nothing = containerOf(floor.port);
  try {
    await blobs.create();
    await put(blobs, 'given');
    const figures: LocalFigure[] = [];
    for (const concurrency of [1, 16, 64]) {
      const measured = await compare(
        {
          floorPut: (index) => put(nothing, String(index)),
          put: (index) => put(blobs, `${concurrency}-${index}`),
          floorGet: () => get(nothing),
          get: () => get(blobs),
        },
        { concurrency, seconds, rounds },
      );
      figures.push({ operation: 'blobs put 1 kB', ...measured.put, floor: measured.floorPut.perSecond });
      figures.push({ operation: 'blobs get 1 kB', ...measured.get, floor: measured.floorGet.perSecond });
    }
    return figures;
  } finally {
    await server.stop();
    floor.stop();
    rmSync(state, { recursive: true, force: true });
  }
}

const containerOf = (port: number): ContainerClient =>
  BlobServiceClient.fromConnectionString(
    `DefaultEndpointsProtocol=http;AccountName=bench;AccountKey=${key};BlobEndpoint=http://127.0.0.1:${port}/bench;`,
    { retryOptions: { maxTries: 1 } },
  ).getContainerClient('bench');

const put = (container: ContainerClient, name: string): Promise<unknown> =>
  container.getBlockBlobClient(name).upload(content, content.length);

/** @throws Error when it is not the content */
async function get(container: ContainerClient): Promise<void> {
  const { readableStreamBody } = await container.getBlobClient('given').download();
  let length = 0;
  for await (const part of readableStreamBody ?? []) length += part.length;
  if (length !== content.length) throw new Error(`${length} bytes came.`);
}

async function startFloor(): Promise<{ readonly port: number; stop(): void }> {
  const script = fileURLToPath(new URL('./blobs-floor.ts', import.meta.url));
  const child = spawn(process.execPath, [script, content], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { port: Number(line), stop: () => child.kill() };
}
