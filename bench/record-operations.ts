import type { FhirBody } from '../test/support/fhir-api.ts';
import { patient, pulse } from '../test/support/record-samples.ts';
import type { Wardline } from '../test/support/wardline.ts';

const patients = 20;

/** Sends one request of the FHIR API; fails on what is no success. */
export type Send = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<FhirBody>;

/** A patient, by what the operations need. */
export interface Person {
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

/** NHS numbers of the range that is kept for tests. */
export function* testNhsNumbers(from: number): Generator<string, never> {
  for (let index = from; ; index++) {
    const number = testNhsNumber(index);
    if (number !== undefined) yield number;
  }
}

/** Patients with 50 Observations each, of which 5 have the code that is searched. */
export async function preparePeople(send: Send, numbers: Iterator<string, never>): Promise<Person[]> {
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

function personAt(people: readonly Person[], index: number): Person {
  const person = people[index];
  if (person === undefined) throw new Error('There are no patients.');
  return person;
}

/** The operations that are measured; each call gets a number that no other gets. */
export function recordOperations(send: Send, people: readonly Person[], numbers: Iterator<string, never>) {
  // What is written goes to some patients and what is read comes from others, whose records stay as they were.
  const half = people.length / 2;
  const one = (index: number): Person => personAt(people, index % half);
  const other = (index: number): Person => personAt(people, half + (index % half));
  const versions = new Map<string, Promise<unknown>>();
  return {
    'create Patient': (index: number) => send('POST', 'Patient', patient(`New${index}`, numbers.next().value)),
    'create Observation': (index: number) => send('POST', 'Observation', pulse(other(index).id, 70, 'new')),
    read: (index: number) => send('GET', `Observation/${one(index).observation}`),
    'Observation?patient&code': (index: number) => send('GET', `Observation?patient=${one(index).id}&code=wanted`),
    'Patient?identifier': (index: number) =>
      send('GET', `Patient?identifier=${nhsNumberSystem}|${one(index).nhsNumber}`),
    // Who updates with If-Match reads first; updates of one resource wait for each other.
    'read, update with If-Match': (index: number) => {
      const { id, observation } = other(index);
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
          resource: pulse(other(index).id, at, 'many'),
        })),
      }),
    $everything: (index: number) => send('GET', `Patient/${one(index).id}/$everything?_count=50`),
  };
}

/** Sends through the whole of a running Wardline, as a system that may write everything. */
export const sendTo =
  (wardline: Wardline): Send =>
  async (method, path, body, headers = {}) => {
    const response = await wardline.call('integration', `/fhir${path === '' ? '' : '/'}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text.slice(0, 500)}`);
    return text === '' ? {} : JSON.parse(text);
  };
