import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient, type ServiceBusReceiver, type ServiceBusSender } from '@azure/service-bus';
import type { EmulatorConfig } from '../local/service-bus/index.ts';
import { spawnServer } from '../local/spawn.ts';
import { type LocalFigure, type Measured, measure } from './measure.ts';
import { percentile } from './percentile.ts';

const key = 'the key of a benchmark';
const seconds = Number(process.env['BENCH_SECONDS'] ?? 6);
const config: EmulatorConfig = {
  UserConfig: { Namespaces: [{ Name: 'bench', Queues: [{ Name: 'sent' }, { Name: 'received' }] }] },
};
/** A body of 1 kB. */
const body = 'x'.repeat(1000);
/** More than are received in a second, for each second. */
const prepared = 8000;

/** Durable sends, and messages received and completed one by one, so many in flight. */
export async function benchLocalServiceBus(): Promise<readonly LocalFigure[]> {
  const state = mkdtempSync(join(tmpdir(), 'bench-service-bus-'));
  const server = await spawnServer('service-bus', { port: 0, administrationPort: 0, state, key, config });
  const connection = `Endpoint=sb://localhost:${server.port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=${key};UseDevelopmentEmulator=true;`;
  // A client that sends and receives stalls for 40 ms at a time (Nagle's algorithm and delayed acknowledgements).
  const [sending, receiving] = [new ServiceBusClient(connection), new ServiceBusClient(connection)];
  try {
    const result: LocalFigure[] = [];
    const [sender, stock] = [sending.createSender('sent'), sending.createSender('received')];
    const receiver = receiving.createReceiver('received', { maxAutoLockRenewalDurationInMs: 0 });
    await sender.sendMessages({ body });
    for (const concurrency of [1, 16, 64]) {
      const { durations, seconds: spent } = await measure(() => sender.sendMessages({ body }), {
        concurrency,
        seconds,
      });
      const sent = { concurrency, ...figures(durations, spent) };
      result.push({ operation: 'service bus: send 1 kB', ...sent });
      await fill(stock, Math.ceil((prepared * seconds) / (concurrency === 1 ? 4 : 1)));
      const received = await receiveAndComplete(receiver, concurrency);
      result.push({ operation: 'service bus: receive and complete', ...received });
    }
    return result;
  } finally {
    await sending.close();
    await receiving.close();
    await server.stop();
    rmSync(state, { recursive: true, force: true });
  }
}

const figures = (durations: readonly number[], spent: number) => ({
  perSecond: durations.length / spent,
  p50: percentile(durations, 0.5),
  p99: percentile(durations, 0.99),
});

async function fill(sender: ServiceBusSender, count: number): Promise<void> {
  for (let sent = 0; sent < count; ) {
    const batch = await sender.createMessageBatch();
    while (sent < count && batch.tryAddMessage({ body })) sent++;
    await sender.sendMessages(batch);
  }
}

/** As many as may be in flight are asked for at once, each completed by itself. Milliseconds are a message's own. */
async function receiveAndComplete(receiver: ServiceBusReceiver, concurrency: number): Promise<Measured> {
  const durations: number[] = [];
  const began = performance.now();
  const end = began + seconds * 1000;
  while (performance.now() < end) {
    const asked = performance.now();
    const messages = await receiver.receiveMessages(concurrency, { maxWaitTimeInMs: 1000 });
    if (messages.length === 0) break;
    await Promise.all(
      messages.map(async (message) => {
        await receiver.completeMessage(message);
        durations.push(performance.now() - asked);
      }),
    );
  }
  return { concurrency, ...figures(durations, (performance.now() - began) / 1000) };
}
