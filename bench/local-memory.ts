import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BulkOperationType, CosmosClient } from '@azure/cosmos';
import { ServiceBusClient } from '@azure/service-bus';
import { type SpawnedServer, spawnServer } from '../local/spawn.ts';

const documents = Number(process.env['BENCH_DOCUMENTS'] ?? 1_000_000);
const messages = Number(process.env['BENCH_MESSAGES'] ?? 100_000);
const steps = 10;
const inBatch = 100;

/**
 * `npm run bench local memory`: what the servers hold in memory while a million small documents and a hundred thousand
 * waiting messages are put into them. It takes many minutes; Linux alone tells a process's memory this way.
 */
export async function benchLocalMemory(): Promise<void> {
  console.table([...(await fillCosmos()), ...(await fillQueue())]);
}

interface Row {
  readonly server: string;
  readonly holds: number;
  readonly 'memory (MB)': number;
  readonly 'seconds so far': number;
}

async function fillCosmos(): Promise<Row[]> {
  const state = mkdtempSync(join(tmpdir(), 'bench-memory-'));
  const key = Buffer.from('the key of a benchmark').toString('base64');
  const server = await spawnServer('cosmos', { port: 0, state, key });
  const client = new CosmosClient({ endpoint: server.endpoint, key });
  try {
    const { database } = await client.databases.create({ id: 'bench' });
    const { container } = await database.containers.create({ id: 'items', partitionKey: { paths: ['/partition'] } });
    const put = async (batch: number): Promise<void> => {
      const partition = `p${batch % 1000}`;
      const operations = Array.from({ length: inBatch }, (_, n) => ({
        operationType: BulkOperationType.Create,
        resourceBody: { id: `${batch}-${n}`, partition, n, text: 'a small document' },
      }));
      const { code } = await container.items.batch(operations, partition);
      if (code !== 200) throw new Error(`A batch was answered ${code}.`);
    };
    return await fill('cosmos', server, documents, put);
  } finally {
    client.dispose();
    await server.stop();
    rmSync(state, { recursive: true, force: true });
  }
}

async function fillQueue(): Promise<Row[]> {
  const state = mkdtempSync(join(tmpdir(), 'bench-memory-'));
  const config = { UserConfig: { Namespaces: [{ Name: 'n', Queues: [{ Name: 'q', Properties: {} }] }] } };
  const server = await spawnServer('service-bus', { port: 0, administrationPort: 0, state, key: 'k', config });
  const client = new ServiceBusClient(
    `Endpoint=sb://localhost:${server.port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=k;UseDevelopmentEmulator=true;`,
  );
  try {
    const sender = client.createSender('q');
    const body = { text: 'a small message' };
    const put = (): Promise<void> => sender.sendMessages(Array.from({ length: inBatch }, () => ({ body })));
    return await fill('service-bus', server, messages, put);
  } finally {
    await client.close();
    await server.stop();
    rmSync(state, { recursive: true, force: true });
  }
}

/** Puts batches, eight at a time, and looks at the server's memory after each tenth of them. */
async function fill(
  name: string,
  server: SpawnedServer,
  count: number,
  put: (batch: number) => Promise<void>,
): Promise<Row[]> {
  const began = performance.now();
  const rows: Row[] = [];
  const look = (holds: number): void => {
    const seconds = Math.round((performance.now() - began) / 1000);
    rows.push({ server: name, holds, 'memory (MB)': memoryOf(server), 'seconds so far': seconds });
    console.log(`${name}: ${holds}, ${memoryOf(server)} MB, ${seconds} s`);
  };
  look(0);
  const batches = count / inBatch;
  for (let step = 1; step <= steps; step++) {
    let next = Math.round((batches * (step - 1)) / steps);
    const end = Math.round((batches * step) / steps);
    const worker = async (): Promise<void> => {
      while (next < end) await put(next++);
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    look(end * inBatch);
  }
  return rows;
}

/** Resident memory of a process (https://man7.org/linux/man-pages/man5/proc_pid_status.5.html). */
function memoryOf({ child }: SpawnedServer): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}
