import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Store } from '../local/cosmos/store.ts';
import { database } from '../shared/topology.ts';
import { patient, pulse } from '../test/support/record-samples.ts';
import { newHome, startWardline } from '../test/support/wardline.ts';
import { compare } from './measure.ts';
import { type Send, sendTo, testNhsNumbers } from './record-operations.ts';

/**
 * `npm run bench growth`: reads, writes and searches of the same patients when the store holds a thousand patients with
 * ten resources each, and when it holds a hundred thousand. Nothing drains meanwhile: that is `bench records`.
 */
const few = Number(process.env['BENCH_PATIENTS'] ?? 1_000);
const times = Number(process.env['BENCH_TIMES'] ?? 100);
const seconds = Number(process.env['BENCH_SECONDS'] ?? 8);
const concurrency = 8;
const nhsNumberSystem = 'https://fhir.nhs.uk/Id/nhs-number';
const background = ['relayRecords', 'promoteTransactions', 'discloseAudit', 'sweepTransactions'];
const environment = Object.fromEntries(background.map((name) => [`AzureWebJobs_${name}_Disabled`, 'true']));

interface Known {
  readonly id: string;
  readonly observation: string;
  readonly nhsNumber: string;
}

type Rates = Readonly<Record<'read' | 'create' | 'search' | 'identifier', { perSecond: number; p50: number }>>;

export async function benchGrowth(): Promise<void> {
  const home = await newHome();
  try {
    const known: Known[] = [];
    const before = await withWardline(home, async (send) => {
      await register(send, known);
      return rates(send, known);
    });
    const documents = await multiply(home.state);
    const after = await withWardline(home, (send) => rates(send, known));
    const table = Object.entries(before).map(([operation, one]) => {
      const other = after[operation as keyof Rates];
      return {
        operation,
        [`1/s of ${few}`]: Math.round(one.perSecond),
        [`p50 ms of ${few}`]: Number(one.p50.toFixed(1)),
        [`1/s of ${few * times}`]: Math.round(other.perSecond),
        [`p50 ms of ${few * times}`]: Number(other.p50.toFixed(1)),
        'slower by': Number((one.perSecond / other.perSecond).toFixed(2)),
      };
    });
    console.log(
      `${few} and ${few * times} patients, ${concurrency} requests at once; ${documents} documents at the end`,
    );
    console.table(table);
  } finally {
    rmSync(home.state, { recursive: true, force: true });
  }
}

async function withWardline<T>(
  home: Awaited<ReturnType<typeof newHome>>,
  work: (send: Send) => Promise<T>,
): Promise<T> {
  const wardline = await startWardline([], { environment, home });
  try {
    return await work(sendTo(wardline));
  } finally {
    await wardline.stop();
    rmSync(join(home.state, 'endpoints.json'), { force: true });
  }
}

/** Patients with ten resources each, through the API. */
async function register(send: Send, known: Known[]): Promise<void> {
  const numbers = testNhsNumbers(0);
  const worker = async (): Promise<void> => {
    while (known.length < few) {
      const nhsNumber = numbers.next().value;
      const at = known.push({ id: '', observation: '', nhsNumber }) - 1;
      const { id = '' } = await send('POST', 'Patient', patient(`Growth${at}`, nhsNumber));
      const entry = Array.from({ length: 10 }, (_, value) => ({
        request: { method: 'POST', url: 'Observation' },
        resource: pulse(id, 60 + value, value % 2 === 0 ? 'wanted' : '8867-4'),
      }));
      const made = await send('POST', '', { resourceType: 'Bundle', type: 'transaction', entry });
      known[at] = { id, nhsNumber, observation: made.entry?.[1]?.response?.location?.split('/')[1] ?? '' };
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

async function rates(send: Send, known: readonly Known[]): Promise<Rates> {
  const one = (index: number): Known => {
    const found = known[(index * 7919) % known.length];
    if (found === undefined) throw new Error('There are no patients.');
    return found;
  };
  const operations = {
    read: (index: number) => send('GET', `Observation/${one(index).observation}`),
    create: (index: number) => send('POST', 'Observation', pulse(one(index).id, 70, 'new')),
    search: (index: number) => send('GET', `Observation?patient=${one(index).id}&code=wanted`),
    identifier: (index: number) => send('GET', `Patient?identifier=${nhsNumberSystem}|${one(index).nhsNumber}`),
  };
  // A process that has just started is slower, whatever the store holds.
  await compare(operations, { concurrency, seconds, rounds: 1 });
  return compare(operations, { concurrency, seconds, rounds: 4 });
}

/**
 * Copies what the store holds of patients into partitions of other names, so many times: as large and as indexed as the
 * real ones, and opened by nobody. What waits to be told is left out. @returns how many documents there are then
 */
async function multiply(state: string): Promise<number> {
  const file = join(state, 'cosmos', 'cosmos.db');
  const store = new Store(file, { now: Date.now, keepImages: 0 });
  try {
    const container = store.catalog.findContainer(database, 'records');
    if (container === undefined) throw new Error('The store holds no records.');
    const bodies = store
      .statement('SELECT body FROM items WHERE container = ?')
      .all(container.n)
      .map(({ body }) => JSON.parse(String(body)))
      .filter(({ kind }) => kind !== 'outbox');
    for (let copy = 1; copy < times; copy++)
      for (let start = 0; start < bodies.length; start += 500)
        await store.change(() => {
          for (const body of bodies.slice(start, start + 500)) {
            const { _rid, _self, _etag, _ts, _attachments, ...document } = body;
            const partition = `${document.partition}~${copy}`;
            // Another person has another name and number.
            const search = (document.search ?? []).map((term: string) => `${term}~${copy}`);
            store.write(container, JSON.stringify([partition]), { ...document, partition, search }, undefined);
          }
        });
    return store.usage(container).items;
  } finally {
    store.close();
  }
}
