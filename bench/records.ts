import { type FhirApi, startFhirApi } from '../test/support/fhir-api.ts';
import { startWardline } from '../test/support/wardline.ts';
import { compare } from './measure.ts';
import { untilQuiet } from './quiet.ts';
import { preparePeople, recordOperations, type Send, sendTo, testNhsNumbers } from './record-operations.ts';

/**
 * `npm run bench records`: what an operation on the record costs in trips to the store and (estimated) request units,
 * then operations a second through the whole of Wardline beside a function that answers a constant: alone, and while
 * relay, boards and audit drain on the same machine.
 */
const seconds = Number(process.env['BENCH_SECONDS'] ?? 2);
const concurrencies = [1, 8, 32];
const rounds = 2;
/** What works behind the requests. */
const background = [
  'relayRecords',
  'promoteTransactions',
  'projectBoards',
  'publishEvents',
  'appendAudit',
  'discloseAudit',
];

/** Trips and request units, on a store that nothing else uses. */
async function costs(): Promise<void> {
  const api: FhirApi = await startFhirApi();
  try {
    const send: Send = async (method, path, body, headers = {}) => {
      const answer = await api.send(method, path, { body, headers });
      if (answer.status >= 300) throw new Error(`${method} ${path} was answered ${answer.status}`);
      return answer.body;
    };
    const numbers = testNhsNumbers(0);
    const all = recordOperations(send, await preparePeople(send, numbers), numbers);
    const table: Record<string, object> = {};
    for (const [name, run] of Object.entries(all)) {
      await run(0);
      api.spent();
      await run(1);
      const { requests, charge } = api.spent();
      table[name] = { 'trips to the store': requests, 'RU (estimated)': Number(charge.toFixed(1)) };
    }
    console.table(table);
  } finally {
    await api.close();
  }
}

/** Operations a second, beside the constant. @param environment of the functions */
async function rates(environment: Readonly<Record<string, string>>): Promise<void> {
  const wardline = await startWardline([], { environment });
  try {
    const numbers = testNhsNumbers(100_000);
    const send = sendTo(wardline);
    const all = recordOperations(send, await preparePeople(send, numbers), numbers);
    const constant = async () => {
      const response = await fetch(new URL('/health/live', wardline.endpoints.functions));
      await response.arrayBuffer();
    };
    const table: Record<string, Record<string, number>> = {};
    for (const concurrency of concurrencies)
      for (const [name, operation] of Object.entries(all)) {
        // What one operation left behind is no part of the next one's figure.
        await untilQuiet(wardline.state);
        // In turns with the constant: whatever else the machine does falls on both.
        const { measured, floor } = await compare(
          { measured: operation, floor: constant },
          { concurrency, seconds, rounds },
        );
        table[`${name}, ${concurrency} at once`] = {
          '1/s': Number(measured.perSecond.toFixed(1)),
          'p50 ms': Number(measured.p50.toFixed(1)),
          'p99 ms': Number(measured.p99.toFixed(1)),
          'constant 1/s': Number(floor.perSecond.toFixed(1)),
          ratio: Number((measured.perSecond / floor.perSecond).toFixed(2)),
        };
      }
    console.table(table);
  } finally {
    await wardline.stop();
  }
}

export async function benchRecords(): Promise<void> {
  await costs();
  console.log('alone');
  await rates(Object.fromEntries(background.map((name) => [`AzureWebJobs_${name}_Disabled`, 'true'])));
  console.log('while relay, boards and audit drain');
  await rates({});
}
