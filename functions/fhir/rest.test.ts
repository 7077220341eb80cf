import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FhirApi, type FhirBody, startFhirApi } from '../../test/support/fhir-api.ts';
import { encounter, patient, pulse, ward } from '../../test/support/record-samples.ts';

let api: FhirApi;
let token = '';

before(async () => {
  api = await startFhirApi();
  for (const resource of ward('J09')) await api.send('PUT', `Location/${resource.id}`, { body: resource });
  token = (await api.send('POST', 'Patient', { body: patient('Nightingale', '9990000050') })).body.id ?? '';
  await api.send('POST', 'Encounter', { body: encounter(token, 'J09-01') });
});
after(() => api.close());

const create = async (value: number, code?: string) =>
  (await api.send('POST', 'Observation', { body: pulse(token, value, code) })).body;

test('a conditional read answers 304 as long as nothing changed', async () => {
  const { id } = await create(60);
  const path = `Observation/${id}`;
  const read = await api.send('GET', path);
  const etag = read.headers['etag'] ?? '';
  const modified = read.headers['last-modified'] ?? '';
  const status = async (headers: Record<string, string>) => (await api.send('GET', path, { headers })).status;
  assert.equal(await status({ 'if-none-match': etag }), 304);
  assert.equal(await status({ 'if-none-match': `W/"9", ${etag}` }), 304);
  assert.equal(await status({ 'if-none-match': 'W/"9"' }), 200);
  assert.equal(await status({ 'if-modified-since': modified }), 304);
  assert.equal(await status({ 'if-modified-since': 'Mon, 01 Jan 2024 00:00:00 GMT' }), 200);
  // RFC 9110, 13.1.3: it is not asked where If-None-Match is.
  assert.equal(await status({ 'if-none-match': 'W/"9"', 'if-modified-since': modified }), 200);
  assert.equal(await status({ 'if-modified-since': 'yesterday' }), 400);
});

test('an update that says If-None-Match: * only creates', async () => {
  const body = { ...pulse(token, 1), id: 'only-new' };
  const put = async () =>
    (await api.send('PUT', 'Observation/only-new', { body, headers: { 'if-none-match': '*' } })).status;
  assert.deepEqual([await put(), await put()], [201, 412]);
});

test('JSON is the one format', async () => {
  const status = async (path: string, accept: string) => (await api.send('GET', path, { headers: { accept } })).status;
  assert.equal(await status(`Patient/${token}`, 'application/fhir+xml'), 406);
  assert.equal(await status(`Patient/${token}?_format=xml`, 'application/fhir+json'), 406);
  assert.equal(await status(`Patient/${token}?_format=json`, 'application/fhir+xml'), 200);
  assert.equal(await status(`Patient/${token}?_format=application/fhir%2Bjson`, '*/*'), 200);
  assert.equal(await status(`Patient/${token}`, 'application/fhir+xml;q=0.5, application/fhir+json'), 200);
  assert.equal(await status('metadata', 'text/html'), 406);
});

test('a part of a resource is marked as one', async () => {
  const named = await api.send('GET', `Patient/${token}?_elements=birthDate`);
  assert.deepEqual(Object.keys(named.body).sort(), ['birthDate', 'id', 'meta', 'resourceType']);
  assert.equal(named.body.meta?.tag?.[0]?.code, 'SUBSETTED');
  const { entry } = (await api.send('GET', `Observation?patient=${token}&_elements=value`)).body;
  assert.ok(
    entry?.every(
      ({ resource }) =>
        resource?.['valueQuantity'] !== undefined &&
        resource['code'] !== undefined &&
        resource['subject'] === undefined,
    ),
  );
  const summary = (await api.send('GET', `Patient?_id=${token}&_summary=true`)).body.entry?.[0]?.resource;
  assert.ok(summary?.['name'] !== undefined && summary.meta?.tag?.[0]?.code === 'SUBSETTED');
  assert.equal((await api.send('GET', `Patient?_id=${token}&_summary=count`)).body.entry, undefined);
  assert.equal((await api.send('GET', `Patient?_id=${token}&_total=none`)).body.total, undefined);
});

test('patches of both kinds change what they name, once, in a version of their own', async () => {
  const { id } = await create(60);
  const path = `Observation/${id}`;
  const json = { 'content-type': 'application/json-patch+json' };
  const replace = (value: number) => [{ op: 'replace', path: '/valueQuantity/value', value }];
  const first = await api.send('PATCH', path, { body: replace(61), headers: json });
  assert.deepEqual([first.status, first.body.meta?.versionId], [200, '2']);
  const parameters = {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'operation',
        part: [
          { name: 'type', valueCode: 'replace' },
          { name: 'path', valueString: 'Observation.status' },
          { name: 'value', valueCode: 'amended' },
        ],
      },
    ],
  };
  assert.equal((await api.send('PATCH', path, { body: parameters })).body['status'], 'amended');
  const refused = async (body: unknown, headers: Record<string, string> = json) =>
    (await api.send('PATCH', path, { body, headers })).status;
  assert.equal(await refused(replace(62), { ...json, 'if-match': 'W/"1"' }), 412);
  assert.equal(await refused([{ op: 'remove', path: '/status' }]), 422);
  assert.equal(await refused([{ op: 'replace', path: '/id', value: 'other' }]), 422);
  assert.equal(await refused([{ op: 'test', path: '/status', value: 'final' }]), 422);
  assert.equal(await refused({ resourceType: 'Observation' }), 400);
  assert.equal((await api.send('GET', path)).body.meta?.versionId, '3');
  const many = await Promise.all(
    [1, 2, 3, 4].map((value) => refused([{ op: 'add', path: '/note', value: [{ text: `${value}` }] }])),
  );
  assert.deepEqual(many, [200, 200, 200, 200]);
  assert.equal((await api.send('GET', path)).body.meta?.versionId, '7');
});

test('of several conditional creates with the same criteria one is carried out', async () => {
  const body = { ...pulse(token, 60), identifier: [{ system: 'urn:device', value: '1' }] };
  const headers = { 'if-none-exist': `patient=${token}&identifier=urn:device|1` };
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => api.send('POST', 'Observation', { body, headers })),
  );
  assert.equal(new Set(answers.map((answer) => answer.body.id)).size, 1);
  assert.equal(answers.filter(({ status }) => status === 201).length, 1);
  const id = answers[0]?.body.id;
  assert.equal((await api.send('POST', 'Observation', { body, headers })).status, 200);
  // Once it is deleted, it may be made again at once.
  await api.send('DELETE', `Observation/${id}`);
  assert.equal((await api.send('POST', 'Observation', { body, headers })).status, 201);
  const people = await Promise.all(
    Array.from({ length: 4 }, () =>
      api.send('POST', 'Patient', {
        body: { resourceType: 'Patient', identifier: [{ system: 'urn:mrn', value: '7' }] },
        headers: { 'if-none-exist': 'identifier=urn:mrn|7' },
      }),
    ),
  );
  assert.equal(new Set(people.map((answer) => answer.body.id)).size, 1);
});

test('conditional updates, patches and deletes change the one that the criteria find', async () => {
  const about = `patient=${token}&code=cond-1`;
  const made = await api.send('PUT', `Observation?${about}`, { body: pulse(token, 1, 'cond-1') });
  assert.equal(made.status, 201);
  const updated = await api.send('PUT', `Observation?${about}`, { body: pulse(token, 2, 'cond-1') });
  assert.deepEqual([updated.status, updated.body.id, updated.body.meta?.versionId], [200, made.body.id, '2']);
  const patch = [{ op: 'replace', path: '/valueQuantity/value', value: 3 }];
  assert.equal((await api.send('PATCH', `Observation?${about}`, { body: patch })).body.meta?.versionId, '3');
  assert.equal((await api.send('PATCH', `Observation?patient=${token}&code=none`, { body: patch })).status, 404);
  assert.equal(
    (await api.send('PUT', `Observation?${about}`, { body: { ...pulse(token, 2), id: 'other' } })).status,
    400,
  );
  await create(9, 'cond-1');
  for (const method of ['PUT', 'PATCH', 'DELETE'])
    assert.equal(
      (await api.send(method, `Observation?${about}`, { body: method === 'PUT' ? pulse(token, 1) : patch })).status,
      412,
    );
  assert.equal((await api.send('DELETE', 'Observation')).status, 400);
  const once = await create(1, 'cond-2');
  for (let time = 0; time < 2; time++)
    assert.equal((await api.send('DELETE', `Observation?patient=${token}&code=cond-2`)).status, 204);
  assert.equal((await api.send('GET', `Observation/${once.id}`)).status, 410);
});

test('the caller may prefer nothing, or an outcome, to the resource', async () => {
  const prefer = async (value: string) =>
    api.send('POST', 'Observation', { body: pulse(token, 1), headers: { prefer: `return=${value}` } });
  const minimal = await prefer('minimal');
  assert.deepEqual([minimal.status, minimal.body], [201, {}]);
  assert.match(minimal.headers['location'] ?? '', /Observation\/.*\/_history\/1$/);
  assert.equal((await prefer('OperationOutcome')).body.resourceType, 'OperationOutcome');
  assert.equal((await prefer('representation')).body.resourceType, 'Observation');
  const lenient = await api.send('GET', `Observation?patient=${token}&colour=red`, {
    headers: { prefer: 'handling=lenient' },
  });
  assert.equal(lenient.body.entry?.at(-1)?.search?.mode, 'outcome');
  assert.doesNotMatch(JSON.stringify(lenient.body), /colour/);
  assert.equal((await api.send('GET', `Observation?patient=${token}&colour=red`)).status, 400);
});

test('$validate tells the verdict and stores nothing', async () => {
  const validate = async (path: string, body: unknown) => (await api.send('POST', path, { body })).body;
  assert.equal((await validate('Observation/$validate', pulse(token, 1))).issue?.[0]?.severity, 'information');
  const bad = await validate('Observation/$validate', { ...pulse(token, 1), status: 'nonsense' });
  assert.deepEqual([bad.issue?.[0]?.severity, bad.issue?.[0]?.expression], ['error', ['Observation.status']]);
  const wrapped = {
    resourceType: 'Parameters',
    parameter: [{ name: 'resource', resource: { resourceType: 'Observation' } }],
  };
  assert.equal((await validate(`Observation/x/$validate`, wrapped)).issue?.[0]?.severity, 'error');
});

test("a patient, and the patient's compartment, come as a whole", async () => {
  const all = await api.send('GET', `Patient/${token}/$everything?_count=2`);
  const names = all.body.entry?.flatMap(({ fullUrl }) => fullUrl ?? []) ?? [];
  let next = all.body.link?.find(({ relation }) => relation === 'next')?.url;
  assert.ok(next !== undefined);
  while (next !== undefined) {
    const page: FhirBody = (await api.send('GET', next)).body;
    names.push(
      ...(page.entry?.flatMap(({ fullUrl, search }) => (search?.mode === 'match' ? (fullUrl ?? []) : [])) ?? []),
    );
    next = page.link?.find(({ relation }) => relation === 'next')?.url;
  }
  assert.ok(
    names.some((name) => name.endsWith(`Patient/${token}`)) && names.some((name) => name.endsWith('Location/J09-01')),
  );
  const compartment = await api.send('GET', `Patient/${token}/Observation?code=8867-4`);
  assert.ok((compartment.body.total ?? 0) > 0);
  assert.equal((await api.send('GET', `Patient/${token}/Observation`, { who: 'stranger' })).body.total, 0);
  assert.equal((await api.send('GET', `Patient/${token}/$everything`, { who: 'stranger' })).status, 403);
  assert.equal((await api.send('GET', `Encounter/x/Observation`)).status, 404);
});

test('histories of a resource, a type and all lead back page by page', async () => {
  const { id } = await create(1);
  await api.send('PUT', `Observation/${id}`, { body: { ...pulse(token, 2), id } });
  await api.send('DELETE', `Observation/${id}`);
  const own = (await api.send('GET', `Observation/${id}/_history`)).body;
  assert.equal(own.total, 3);
  assert.deepEqual(
    own.entry?.map(({ response }) => response?.status),
    ['204', '200', '201'],
  );
  for (const path of [`Observation/${id}/_history`, 'Observation/_history', '_history']) {
    let url: string | undefined = `${path}?_count=2`;
    const seen: string[] = [];
    for (let pages = 0; url !== undefined && pages < 100; pages++) {
      const { body } = await api.send('GET', url);
      seen.push(...(body.entry?.map(({ fullUrl, response }) => `${fullUrl} ${JSON.stringify(response)}`) ?? []));
      url = body.link?.find(({ relation }) => relation === 'next')?.url;
    }
    assert.equal(new Set(seen).size, seen.length);
    assert.equal(seen.filter((one) => one.includes(String(id))).length, 3, path);
  }
  assert.equal((await api.send('GET', 'Observation/_history?_count=0')).status, 400);
  assert.equal((await api.send('GET', 'Observation/_history?colour=red')).status, 400);
});

test('a cursor is good for who got it, for what it was given for, and alone', async () => {
  for (let value = 0; value < 3; value++) await create(value, 'cursor');
  const first = (await api.send('GET', `Observation?patient=${token}&code=cursor&_count=1`)).body;
  const next = first.link?.find(({ relation }) => relation === 'next')?.url ?? '';
  assert.doesNotMatch(next, /cursor=.*code|patient=/);
  assert.equal((await api.send('GET', next)).body.entry?.length, 1);
  assert.equal((await api.send('GET', next, { who: 'nurse' })).status, 400);
  assert.equal((await api.send('GET', `${next}&code=x`)).status, 400);
  assert.equal(
    (
      await api.send(
        'GET',
        next.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
      )
    ).status,
    400,
  );
  assert.equal((await api.send('GET', next.replace('Observation?', 'Observation/_history?'))).status, 400);
});

test('pages lead forth and back, and hold each match once', async () => {
  const pages: string[][] = [];
  let url: string | undefined = `Observation?patient=${token}&code=cursor&_count=2&_sort=value-quantity`;
  let last = '';
  while (url !== undefined) {
    const { body } = await api.send('GET', url);
    pages.push(body.entry?.map(({ resource }) => String(resource?.id)) ?? []);
    last = body.link?.find(({ relation }) => relation === 'previous')?.url ?? last;
    url = body.link?.find(({ relation }) => relation === 'next')?.url;
  }
  assert.deepEqual(
    pages.map((page) => page.length),
    [2, 1],
  );
  assert.deepEqual(
    (await api.send('GET', last)).body.entry?.map(({ resource }) => resource?.id),
    pages[0],
  );
});
