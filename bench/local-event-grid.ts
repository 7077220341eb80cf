import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AzureKeyCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { readBody } from '../local/http-json.ts';
import { listen } from '../local/http-server.ts';
import { spawnServer } from '../local/spawn.ts';
import { percentile } from './percentile.ts';

const key = Buffer.from('the key of a benchmark').toString('base64');
const events = Number(process.env['BENCH_EVENTS'] ?? 3000);

/** From the call that publishes an event to its delivery at a webhook: one event a request, so many requests in flight. */
export async function benchLocalEventGrid() {
  const state = mkdtempSync(join(tmpdir(), 'bench-event-grid-'));
  const subscriber = await startSubscriber();
  const server = await spawnServer('event-grid', {
    port: 0,
    state,
    topics: [
      {
        name: 'bench',
        key,
        subscriptions: [
          {
            name: 'bench',
            properties: { destination: { endpointType: 'WebHook', properties: { endpointUrl: subscriber.url } } },
          },
        ],
      },
    ],
  });
  const client = new EventGridPublisherClient(
    `${server.endpoint}/bench/api/events`,
    'CloudEvent',
    new AzureKeyCredential(key),
    { allowInsecureConnection: true },
  );
  try {
    await publish(client, subscriber, 200, 16);
    return [
      await publish(client, subscriber, events / 10, 1),
      await publish(client, subscriber, events, 16),
      await publish(client, subscriber, events, 64),
    ];
  } finally {
    await server.stop();
    await subscriber.close();
    rmSync(state, { recursive: true, force: true });
  }
}

/** A webhook that notes when each event arrives. */
async function startSubscriber() {
  const arrivals = new Map<string, number>();
  let arrived = (): void => {};
  const server = createServer(async (request, response) => {
    if (request.method === 'OPTIONS') return void response.writeHead(200, { 'webhook-allowed-origin': '*' }).end();
    const { id } = JSON.parse((await readBody(request)).toString()) as { id: string };
    arrivals.set(id, performance.now());
    response.writeHead(200).end();
    arrived();
  });
  const running = await listen(server, 0);
  return {
    url: `http://localhost:${running.port}/hook`,
    arrivals,
    whenAll: (count: number): Promise<void> =>
      new Promise((resolve) => {
        arrived = () => {
          if (arrivals.size >= count) resolve();
        };
        arrived();
      }),
    close: running.close,
  };
}

async function publish(
  client: EventGridPublisherClient<'CloudEvent'>,
  { arrivals, whenAll }: Awaited<ReturnType<typeof startSubscriber>>,
  count: number,
  concurrency: number,
) {
  arrivals.clear();
  const sent = new Map<string, number>();
  const data = { text: 'x'.repeat(400) };
  const began = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const id = `${concurrency}-${next++}`;
      sent.set(id, performance.now());
      await client.send([{ id, type: 'bench.event', source: '/bench', subject: 'bench', data }]);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  await whenAll(count);
  const seconds = (performance.now() - began) / 1000;
  const delays = [...arrivals].map(([id, at]) => at - (sent.get(id) ?? Number.NaN));
  return {
    operation: 'event-grid publish to deliver',
    concurrency,
    perSecond: count / seconds,
    p50: percentile(delays, 0.5),
    p99: percentile(delays, 0.99),
  };
}
