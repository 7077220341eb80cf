import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type DemoPatient, makePatients } from '../demo/patients.ts';
import { randomFrom } from '../demo/random.ts';
import { assertNowhereInClear, secretsOf } from './support/planted.ts';
import { sleep, startWardline, type Wardline } from './support/wardline.ts';

/** Everything that a person, an app or an attacker may type, at every route there is. Repeatable: FUZZ_SEED. */
const seed = Number(process.env['FUZZ_SEED'] ?? 20261126);
const people = makePatients(100, 4242);
let wardline: Wardline;
before(async () => {
  wardline = await startWardline();
});
after(() => wardline?.stop());

interface HttpFunction {
  readonly name: string;
  /** `fhir/{type}/{id}`, without constraints. */
  readonly template: string;
  readonly methods: readonly string[];
}

/** The routes as the host itself lists them. */
async function httpFunctions(): Promise<HttpFunction[]> {
  const { masterKey } = JSON.parse(readFileSync(join(wardline.state, 'functions', 'keys.json'), 'utf8'));
  const listed = await fetch(new URL('/admin/functions', wardline.endpoints.functions), {
    headers: { 'x-functions-key': masterKey },
  });
  const functions = (await listed.json()) as {
    name: string;
    invoke_url_template: string | null;
    config: { bindings: { type: string; methods?: string[] }[] };
  }[];
  return functions.flatMap(({ name, invoke_url_template: url, config }) =>
    url === null
      ? []
      : [
          {
            name,
            template: decodeURIComponent(new URL(url).pathname.slice(1)),
            methods: config.bindings.find(({ type }) => /^httpTrigger$/i.test(type))?.methods ?? ['GET'],
          },
        ],
  );
}

const types = ['Patient', 'Observation', 'Encounter', 'Binary', 'AuditEvent', 'DocumentReference', 'Nonsense'];
const users = ['integration', 'nurse.j09', 'doctor.j09', 'privacy-officer', 'auditor', 'operations', 'board.j09'];
const contentTypes = ['application/fhir+json', 'application/json', 'application/x-www-form-urlencoded', 'text/plain'];

const asPatient = ({ nhsNumber, family, given, birthDate, line, postalCode }: DemoPatient): object => ({
  resourceType: 'Patient',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: nhsNumber }],
  name: [{ family, given: [given] }],
  birthDate,
  address: [{ line: [line], postalCode }],
});

/** What may be said of a person in one place, and what breaks careless code. */
const textsOf = ({ nhsNumber, family, birthDate, line, postalCode }: DemoPatient): string[] => [
  nhsNumber,
  family,
  birthDate,
  `${family}' OR 1=1 --`,
  `${line}, ${postalCode}`,
  `\${${family}}<script>`,
  `${family}\u0000\u202e\ud83d`,
  `${nhsNumber}|${'9'.repeat(2000)}`,
  `../../${family}`,
  `https://fhir.nhs.uk/Id/nhs-number|${nhsNumber}`,
];

const parameters = [
  'identifier',
  'name',
  'family',
  'birthdate',
  'address',
  'patient',
  '_id',
  '_sort',
  '_count',
  '_at',
  '_page',
  'cursor',
  'subject.name',
  '_has:Observation:patient:code',
  'date',
  'from',
  'reason',
];

test('whatever is typed into any part of any request, no answer is a 5xx and nothing of a person lies in clear anywhere', async (context) => {
  const { next: random, pick: one } = randomFrom(seed);
  const functions = await httpFunctions();
  assert.ok(functions.length > 40, 'the routes were not found');
  const bad: string[] = [];
  const statuses = new Map<number, number>();
  const send = async (user: string, name: string, path: string, init: RequestInit): Promise<void> => {
    const { status } = await wardline.call(user, path, init);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status >= 500) bad.push(`${name} ${init.method}: ${status} for ${path} ${String(init.body).slice(0, 200)}`);
  };

  for (const person of people)
    await send('integration', 'createResource', '/fhir/Patient', {
      method: 'POST',
      body: JSON.stringify(asPatient(person)),
    });
  let turn = 0;
  for (const { name, template, methods } of functions)
    for (const method of methods)
      for (let times = 0; times < 12; times++) {
        const person = people[turn++ % people.length] as DemoPatient;
        const texts = textsOf(person);
        const path = template.replace(/\{(\*?)(\w+)[^}]*\}/g, (_, __, parameter) =>
          encodeURIComponent(parameter === 'type' && random() < 0.8 ? one(types) : one(texts).toWellFormed()),
        );
        const query = new URLSearchParams([
          [one(parameters), one(texts)],
          [one(parameters), one(texts)],
        ]);
        const body = one([
          JSON.stringify(asPatient(person)),
          JSON.stringify({ resourceType: 'Bundle', type: one(['batch', 'transaction', person.family]), entry: texts }),
          JSON.stringify({ resourceType: one(types), [one(texts)]: texts, reason: one(texts) }),
          new URLSearchParams([[one(parameters), one(texts)]]).toString(),
          `{"${person.family}": "${person.nhsNumber}`,
          one(texts),
        ]);
        const takesBody = method !== 'GET' && method !== 'HEAD';
        await send(one(users), name, `/${path}${random() < 0.6 ? `?${query}` : ''}`, {
          method,
          headers: {
            ...(takesBody ? { 'content-type': one(contentTypes) } : {}),
            'idempotency-key': encodeURIComponent(one(texts).toWellFormed()).slice(0, 200),
            'if-none-exist': `identifier=${person.nhsNumber}`,
            'x-wardline-session': encodeURIComponent(person.family),
          },
          ...(takesBody ? { body } : {}),
        });
      }
  context.diagnostic(`${turn} requests at ${functions.length} routes: ${JSON.stringify(Object.fromEntries(statuses))}`);
  assert.deepEqual(bad, []);
  // Telemetry is sent every few seconds, answered requests are noted every five.
  await sleep(7_000);
  assertNowhereInClear(wardline, secretsOf(people));
});
