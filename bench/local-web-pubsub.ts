import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { WebPubSubClient } from '@azure/web-pubsub-client';
import { spawnServer } from '../local/spawn.ts';
import { percentile } from './percentile.ts';

const key = 'the access key of a benchmark, long enough';
const clients = Number(process.env['BENCH_CLIENTS'] ?? 200);
const messagesPerSecond = 10;
const seconds = Number(process.env['BENCH_SECONDS'] ?? 6);

/** From the call that sends to all to each client's message: the unmodified client, reliable protocol, ten messages a second. */
export async function benchLocalWebPubSub() {
  const state = mkdtempSync(join(tmpdir(), 'bench-web-pubsub-'));
  const server = await spawnServer('web-pubsub', { port: 0, state, key, hubs: ['bench'] });
  const service = new WebPubSubServiceClient(
    `Endpoint=http://localhost;Port=${server.port};AccessKey=${key};Version=1.0;`,
    'bench',
    { allowInsecureConnection: true },
  );
  const delays: number[] = [];
  const listening: WebPubSubClient[] = [];
  try {
    for (let n = 0; n < clients; n++) {
      const { url } = await service.getClientAccessToken({ userId: `client-${n}` });
      const client = new WebPubSubClient(url, { keepAliveIntervalInMs: 0, keepAliveTimeoutInMs: 0 });
      client.on('server-message', ({ message }) =>
        delays.push(performance.now() - (message.data as { sent: number }).sent),
      );
      await client.start();
      listening.push(client);
    }
    await send(service, 1);
    delays.length = 0;
    const began = performance.now();
    const sent = await send(service, seconds);
    while (delays.length < sent * clients && performance.now() - began < (seconds + 10) * 1000) await pause(10);
    if (delays.length !== sent * clients) throw new Error(`${sent * clients - delays.length} messages did not arrive.`);
    return [
      {
        operation: `web-pubsub send to ${clients} clients, deliveries`,
        concurrency: 1,
        perSecond: delays.length / ((performance.now() - began) / 1000),
        p50: percentile(delays, 0.5),
        p99: percentile(delays, 0.99),
      },
    ];
  } finally {
    for (const client of listening) client.stop();
    await server.stop();
    rmSync(state, { recursive: true, force: true });
  }
}

/** Sends at an even rate, whether or not the messages before have arrived. @returns how many. */
async function send(service: WebPubSubServiceClient, forSeconds: number): Promise<number> {
  const count = forSeconds * messagesPerSecond;
  const began = performance.now();
  const calls: Promise<void>[] = [];
  for (let n = 0; n < count; n++) {
    await pause(Math.max(0, began + (n * 1000) / messagesPerSecond - performance.now()));
    calls.push(service.sendToAll({ sent: performance.now(), text: 'x'.repeat(350) }));
  }
  await Promise.all(calls);
  return count;
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
