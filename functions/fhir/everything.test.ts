import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FhirApi, type FhirBody, startFhirApi } from '../../test/support/fhir-api.ts';
import { encounter, patient, pulse, ward } from '../../test/support/record-samples.ts';

let api: FhirApi;
let token = '';
const observations = 640;

before(async () => {
  api = await startFhirApi();
  for (const resource of ward('J09')) await api.send('PUT', `Location/${resource.id}`, { body: resource });
  await api.send('PUT', 'Practitioner/ada', { body: { resourceType: 'Practitioner', id: 'ada' } });
  token = await newPatient('9990000301');
  await api.send('POST', 'Encounter', { body: encounter(token, 'J09-01') });
  for (let made = 0; made < observations; made += 80) {
    const entry = Array.from({ length: 80 }, (_, index) => ({
      request: { method: 'POST', url: 'Observation' },
      resource: { ...pulse(token, made + index), performer: [{ reference: 'Practitioner/ada' }] },
    }));
    const { status } = await api.send('POST', '', { body: { resourceType: 'Bundle', type: 'transaction', entry } });
    assert.equal(status, 200);
  }
});
after(() => api.close());

const newPatient = async (nhsNumber: string): Promise<string> =>
  String((await api.send('POST', 'Patient', { body: patient('Whole', nhsNumber) })).body.id);
const typesIn = ({ entry = [] }: FhirBody): string[] => entry.map(({ resource }) => String(resource?.resourceType));
const count = (types: string[], type: string): number => types.filter((one) => one === type).length;

test('the whole record comes in one answer, and what it refers to once', async () => {
  api.audited.length = 0;
  const { status, headers, body } = await api.send('GET', `Patient/${token}/$everything`, { who: 'nurse' });
  assert.equal(status, 200);
  assert.match(headers['content-type'] ?? '', /fhir\+json/);
  const types = typesIn(body);
  assert.deepEqual(
    ['Observation', 'Encounter', 'Patient'].map((type) => count(types, type)),
    [observations, 1, 1],
  );
  const names = body.entry?.map(({ fullUrl }) => fullUrl);
  assert.equal(new Set(names).size, names?.length);
  assert.equal(body.entry?.filter(({ search }) => search?.mode === 'include').length, 2);
  assert.deepEqual(
    api.audited.map(({ subtype, patients, entities }) => [subtype, patients, entities]),
    [['everything', [token], [{ type: 'Patient', id: token }]]],
  );
});

test('it begins before the record is read, and is read no faster than it is taken', async () => {
  api.spent();
  const { body } = await api.serve('GET', `Patient/${token}/$everything`);
  assert.ok(body instanceof ReadableStream);
  const reader = body.getReader();
  const { value } = await reader.read();
  assert.match(new TextDecoder().decode(value), /^\{"resourceType":"Bundle"/);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const begun = api.spent().requests;
  while (!(await reader.read()).done);
  const rest = api.spent().requests;
  assert.ok(begun <= 10 && rest > begun, `${begun} requests before the second part was taken, ${rest} after`);
});

test('it shows one moment, whatever is written while it is read', async () => {
  const { body } = await api.serve('GET', `Patient/${token}/$everything?_type=Observation`);
  assert.ok(body instanceof ReadableStream);
  await api.send('POST', 'Observation', { body: pulse(token, 1, 'too-late') });
  const whole = (await new Response(body).json()) as FhirBody;
  assert.equal(count(typesIn(whole), 'Observation'), observations);
  assert.doesNotMatch(JSON.stringify(whole), /too-late/);
});

test('what breaks while it is read breaks the answer: nobody takes a part for the whole', async () => {
  const { body } = await api.serve('GET', `Patient/${token}/$everything`);
  assert.ok(body instanceof ReadableStream);
  const sealed = { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'V' }] };
  const { body: current } = await api.send('GET', `Patient/${token}`);
  await api.send('PUT', `Patient/${token}`, { body: { ...current, meta: sealed } });
  await assert.rejects(new Response(body).text());
  await api.send('PUT', `Patient/${token}`, { body: { ...current, meta: { security: [] } } });
});

test('start and end ask when the care was: what went on in between, and what has no date', async () => {
  const id = await newPatient('9990000328');
  const subject = { reference: `Patient/${id}` };
  const stay = (start: string, end?: string) => ({
    ...encounter(id, undefined),
    period: { start, ...(end === undefined ? {} : { end }) },
  });
  const made: Record<string, object> = {
    before: { ...pulse(id, 1), effectiveDateTime: '2026-01-31T23:59:59Z' },
    within: { ...pulse(id, 1), effectiveDateTime: '2026-02-10' },
    month: { ...pulse(id, 1), effectiveDateTime: '2026-02' },
    after: { ...pulse(id, 1), effectiveDateTime: '2026-03-01T00:00:00Z' },
    over: stay('2026-01-01', '2026-02-02'),
    past: stay('2026-01-01', '2026-01-31'),
    lasting: stay('2025-12-01'),
    undated: { resourceType: 'Condition', subject, code: { text: 'Asthma' } },
  };
  const nameOf = new Map<string, string>();
  for (const [name, resource] of Object.entries(made)) {
    const type = String(Reflect.get(resource, 'resourceType'));
    nameOf.set(String((await api.send('POST', type, { body: resource })).body.id), name);
  }
  const shown = async (query: string) => {
    const { body } = await api.send('GET', `Patient/${id}/$everything?${query}`);
    return (body.entry ?? []).flatMap(({ resource }) => nameOf.get(String(resource?.id)) ?? []).sort();
  };
  const within = ['lasting', 'month', 'over', 'undated', 'within'];
  assert.deepEqual(await shown('start=2026-02-01&end=2026-02-28'), within);
  assert.deepEqual(await shown('start=2026-02&end=2026-02&_count=100'), within);
  assert.deepEqual(await shown('end=2026-01-31'), ['before', 'lasting', 'over', 'past', 'undated']);
  assert.deepEqual(await shown('start=2026-03'), ['after', 'lasting', 'undated']);
  for (const bad of ['start=tomorrow', 'end=2026-02-30', 'start=2026-02-01T10:00:00Z', 'since=2026'])
    assert.equal((await api.send('GET', `Patient/${id}/$everything?${bad}`)).status, 400, bad);
});

test('of merged patients both are shown as one record, and both can see that somebody read it', async () => {
  const [gone, stays] = [await newPatient('9990000336'), await newPatient('9990000344')];
  for (const id of [gone, stays]) await api.send('POST', 'Observation', { body: pulse(id, 70) });
  const reference = (name: string, id: string) => ({ name, valueReference: { reference: `Patient/${id}` } });
  const parameter = [reference('source-patient', gone), reference('target-patient', stays)];
  const merged = await api.send('POST', 'Patient/$merge', { body: { resourceType: 'Parameters', parameter } });
  assert.equal(merged.status, 200, JSON.stringify(merged.body));
  for (const path of [`Patient/${stays}/$everything`, `/patients/${stays}/timeline`]) {
    api.audited.length = 0;
    const { status, body } = await api.send('GET', path);
    assert.equal(status, 200);
    const shown = path.startsWith('/') ? (body['entries'] as object[]).length : count(typesIn(body), 'Observation');
    assert.equal(shown, 2, path);
    assert.deepEqual(new Set(api.audited[0]?.patients), new Set([gone, stays]), path);
  }
});
