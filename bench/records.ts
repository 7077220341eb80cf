import { type FhirApi, type FhirBody, startFhirApi } from '../test/support/fhir-api.ts';
import { patient, pulse } from '../test/support/record-samples.ts';
import { startWardline } from '../test/support/wardline.ts';
import { compare } from './measure.ts';

/**
 * `npm run bench records`: what an operation on the record costs in trips to the store and (estimated) request units,
 * then operations a second through the whole of Wardline, beside a function that answers a constant. Relay, boards and
 * audit drain meanwhile on the same machine.
 */
const seconds = Number(process.env['BENCH_SECONDS'] ?? 2);
const concurrencies = [1, 8, 32];
const rounds = 2;
const patients = 20;

/** Sends one request of the FHIR API; fails on what is no success. */
type Send = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<FhirBody>;

interface Person {
  readonly id: string;
  readonly nhsNumber: string;
  readonly observation: string;
}

const nhsNumberSystem = 'https://fhir.nhs.uk/Id/nhs-number';

/** The nth NHS number of the range that is kept for tests, with its check digit; undefined: it has none. */
function testNhsNumber(index: number): string | undefined {
  const nine = `999${String(index).padStart(6, '0')}`;
  const sum = [...nine].reduce((total, digit, at) => total + Number(digit) * (10 - at), 0);
  const check = (11 - (sum % 11)) % 11;
  return check === 10 ? undefined : `${nine}${check}`;
}

function* testNhsNumbers(from: number): Generator<string, never> {
  for (let index = from; ; index++) {
    const number = testNhsNumber(index);
    if (number !== undefined) yield number;
  }
}

/** Patients with 50 Observations each, of which 5 have the code that is searched. */
async function prepare(send: Send, numbers: Iterator<string, never>): Promise<Person[]> {
  const people: Person[] = [];
  for (let index = 0; index < patients; index++) {
    const nhsNumber = numbers.next().value;
    const { id = '' } = await send('POST', 'Patient', patient(`Bench${index}`, nhsNumber));
    const entry = Array.from({ length: 50 }, (_, at) => ({
      request: { method: 'POST', url: 'Observation' },
      resource: pulse(id, at, at % 10 === 0 ? 'wanted' : '8867-4'),
    }));
    const made = await send('POST', '', { resourceType: 'Bundle', type: 'transaction', entry });
    const observation = made.entry?.[1]?.response?.location?.split('/')[1] ?? '';
    people.push({ id, nhsNumber, observation });
  }
  return people;
}

/** The operations that are measured; each call gets a number that no other gets. */
function operations(send: Send, people: readonly Person[], numbers: Iterator<string, never>) {
  const one = (index: number): Person => {
    const person = people[index % people.length];
    if (person === undefined) throw new Error('There are no patients.');
    return person;
  };
  const versions = new Map<string, Promise<unknown>>();
  return {
    'create Patient': (index: number) => send('POST', 'Patient', patient(`New${index}`, numbers.next().value)),
    'create Observation': (index: number) => send('POST', 'Observation', pulse(one(index).id, 70, 'new')),
    read: (index: number) => send('GET', `Observation/${one(index).observation}`),
    'Observation?patient&code': (index: number) => send('GET', `Observation?patient=${one(index).id}&code=wanted`),
    'Patient?identifier': (index: number) =>
      send('GET', `Patient?identifier=${nhsNumberSystem}|${one(index).nhsNumber}`),
    // Who updates with If-Match reads first; updates of one resource wait for each other.
    'read, update with If-Match': (index: number) => {
      const { id, observation } = one(index);
      const path = `Observation/${observation}`;
      const work = (versions.get(path) ?? Promise.resolve()).then(async () => {
        const { meta } = await send('GET', path);
        await send(
          'PUT',
          path,
          { ...pulse(id, index % 200), id: observation },
          { 'if-match': `W/"${meta?.versionId}"` },
        );
      });
      versions.set(path, work);
      return work;
    },
    'transaction of 20': (index: number) =>
      send('POST', '', {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: Array.from({ length: 20 }, (_, at) => ({
          request: { method: 'POST', url: 'Observation' },
          resource: pulse(one(index).id, at, 'many'),
        })),
      }),
    $everything: (index: number) => send('GET', `Patient/${one(index).id}/$everything?_count=50`),
  };
}

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
    const all = operations(send, await prepare(send, numbers), numbers);
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

export async function benchRecords(): Promise<void> {
  await costs();
  const wardline = await startWardline();
  try {
    const send: Send = async (method, path, body, headers = {}) => {
      const response = await wardline.call('integration', `/fhir${path === '' ? '' : '/'}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text.slice(0, 500)}`);
      return text === '' ? {} : JSON.parse(text);
    };
    const numbers = testNhsNumbers(100_000);
    const people = await prepare(send, numbers);
    const constant = async () => {
      const response = await fetch(new URL('/health/live', wardline.endpoints.functions));
      await response.arrayBuffer();
    };
    const all = operations(send, people, numbers);
    const table: Record<string, Record<string, number>> = {};
    for (const concurrency of concurrencies)
      for (const [name, operation] of Object.entries(all)) {
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
