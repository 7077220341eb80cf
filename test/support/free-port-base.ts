import { once } from 'node:events';
import { createServer } from 'node:net';

/** Ports that a local Azure takes from its base on, and a few to spare. */
const width = 20;
/** Below the ports that the system gives to outgoing connections (from 32768 on Linux). */
const from = 12_000;
const places = 1_000;

/** The first of a row of free ports; tests that run at the same time begin to look at different places. */
export async function freePortBase(): Promise<number> {
  for (let attempt = 0; attempt < places; attempt++) {
    const base = from + ((process.pid + attempt) % places) * width;
    const free = await Promise.all(Array.from({ length: width }, (_, index) => isFree(base + index)));
    if (free.every(Boolean)) return base;
  }
  throw new Error('There is no row of free ports.');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
