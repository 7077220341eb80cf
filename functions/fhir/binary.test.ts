import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { blobContainers } from '../../shared/topology.ts';
import { type BlobStore, startBlobStore } from '../../test/support/blobs.ts';
import { type FhirApi, type Sending, startFhirApi } from '../../test/support/fhir-api.ts';
import { encounter, patient, ward } from '../../test/support/record-samples.ts';

let store: BlobStore;
let api: FhirApi;
let token = '';
const letter = Buffer.from('%PDF-1.7 Dear Dr, Mrs Quillfeather was seen today.');

before(async () => {
  store = await startBlobStore();
  api = await startFhirApi(store.blobs);
  for (const resource of ward('J09')) await api.send('PUT', `Location/${resource.id}`, { body: resource });
  token = String((await api.send('POST', 'Patient', { body: patient('Quillfeather', '9990000204') })).body.id);
  await api.send('POST', 'Encounter', { body: encounter(token, 'J09-01') });
});
after(async () => {
  await api?.close();
  await store?.close();
});

const context = () => ({ 'x-security-context': `Patient/${token}` });
const pdf = { 'content-type': 'application/pdf' };
const fhir = { accept: 'application/fhir+json' };
const post = (body: unknown, headers: object = {}, more: Sending = {}) =>
  api.send('POST', 'Binary', { body, headers: { ...pdf, ...context(), ...headers }, ...more });
const saved = async (body: unknown = letter, headers: object = {}): Promise<string> => {
  const answer = await post(body, headers);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return `Binary/${answer.body.id}`;
};
const expressionOf = ({ body }: { body: { issue?: readonly { expression?: readonly string[] }[] } }) =>
  body.issue?.[0]?.expression?.[0];

test('a letter comes back as it was sent: as a file, or as the resource', async () => {
  const reference = await saved();
  assert.match(reference, new RegExp(`^Binary/${token}\\.`));
  for (const headers of [
    {},
    { accept: '*/*' },
    { accept: 'application/pdf' },
    { accept: 'text/html, application/*' },
  ]) {
    const raw = await api.send('GET', reference, { who: 'nurse', headers });
    assert.equal(raw.status, 200);
    assert.ok(letter.equals(raw.bytes ?? Buffer.alloc(0)));
    assert.equal(raw.headers['content-type'], 'application/pdf');
    assert.equal(raw.headers['etag'], 'W/"1"');
  }
  for (const [path, headers] of [
    [reference, fhir],
    [`${reference}?_format=json`, {}],
    [reference, { accept: 'application/json' }],
    [`${reference}/_history/1`, fhir],
  ] as const) {
    const { body } = await api.send('GET', path, { who: 'nurse', headers });
    assert.deepEqual(
      [body.resourceType, body['contentType'], body['securityContext'], body['data']],
      ['Binary', 'application/pdf', { reference: `Patient/${token}` }, letter.toString('base64')],
      path,
    );
  }
  assert.equal((await api.send('GET', reference, { headers: { accept: 'image/png' } })).status, 406);
  assert.equal((await api.send('GET', reference, { headers: { 'if-none-match': 'W/"1"' } })).status, 304);
});

test('a resource with data is the same as the content alone', async () => {
  const resource = {
    resourceType: 'Binary',
    contentType: 'text/plain; charset=utf-8',
    securityContext: { reference: `Patient/${token}` },
    data: Buffer.from('Grüße').toString('base64'),
  };
  const reference = await saved(resource, { 'content-type': 'application/fhir+json' });
  const raw = await api.send('GET', reference, { who: 'nurse' });
  assert.equal(raw.headers['content-type'], 'text/plain; charset=utf-8');
  assert.equal(Buffer.from(raw.bytes ?? []).toString(), 'Grüße');
});

test('each version keeps its content, and a deletion takes none of them out of the history', async () => {
  const reference = await saved();
  const second = randomBytes(5_000);
  const put = (headers: object) =>
    api.send('PUT', reference, { body: second, headers: { ...pdf, ...context(), ...headers } });
  assert.equal((await put({ 'if-match': 'W/"7"' })).status, 412);
  assert.equal((await put({ 'if-match': 'W/"1"' })).status, 200);
  assert.ok(second.equals((await api.send('GET', reference)).bytes ?? Buffer.alloc(0)));
  assert.equal((await api.send('DELETE', reference)).status, 204);
  assert.equal((await api.send('GET', reference)).status, 410);
  assert.ok(letter.equals((await api.send('GET', `${reference}/_history/1`)).bytes ?? Buffer.alloc(0)));
});

test('a letter is for those who may see the patient, and each read leaves its entry', async () => {
  const reference = await saved();
  api.audited.length = 0;
  assert.equal((await api.send('GET', reference, { who: 'stranger' })).status, 403);
  assert.equal((await api.send('GET', reference, { who: 'nurse' })).status, 200);
  assert.deepEqual(
    api.audited.map(({ outcome, patients, entities }) => [outcome, patients, entities[0]?.id]),
    ['4', '0'].map((outcome) => [outcome, [token], reference.split('/')[1]]),
  );
  // A nurse writes no letters, and who may not write leaves nothing behind.
  const before = (await store.names(blobContainers.binaries)).length;
  assert.equal((await post(letter, {}, { who: 'nurse', headers: { ...pdf, ...context() } })).status, 403);
  assert.equal((await store.names(blobContainers.binaries)).length, before);
});

test('a context that is somebody’s letter makes it a part of that record', async () => {
  const document = {
    ...{ resourceType: 'DocumentReference', status: 'current', subject: { reference: `Patient/${token}` } },
    content: [{ attachment: { contentType: 'application/pdf' } }],
  };
  const ours = await api.send('POST', 'DocumentReference', { body: document });
  await api.send('PUT', 'DocumentReference/of-the-client', { body: { ...document, id: 'of-the-client' } });
  for (const id of [ours.body.id, 'of-the-client']) {
    const reference = await saved(letter, { 'x-security-context': `DocumentReference/${id}` });
    assert.match(reference, new RegExp(`^Binary/${token}\\.`));
    assert.equal((await api.send('GET', reference, { who: 'stranger' })).status, 403);
  }
});

test('a content that was altered, moved or removed is never shown as if it were whole', async () => {
  const [one, other] = [await saved(), await saved()];
  const blobOf = async (reference: string) =>
    (await store.names(blobContainers.binaries)).find((name) => name.includes(reference.slice(7))) ?? '';
  const [first, second] = [await blobOf(one), await blobOf(other)];
  await store.blobs.put(blobContainers.binaries, first, await store.blobs.getBytes(blobContainers.binaries, second));
  await store.blobs.remove(blobContainers.binaries, second);
  for (const reference of [one, other]) assert.equal((await api.send('GET', reference)).status, 500);
});

test('what is of no patient who is known here is for systems alone', async () => {
  for (const headers of [{}, { 'x-security-context': 'DocumentReference/unknown' }]) {
    const { body } = await api.send('POST', 'Binary', { body: letter, headers: { ...pdf, ...headers } });
    assert.equal((await api.send('GET', `Binary/${body.id}`)).status, 200);
    assert.equal((await api.send('GET', `Binary/${body.id}`, { who: 'nurse' })).status, 403);
  }
});

test('neither blobs nor documents hold a word of it in clear, nor the names of those it is about', async () => {
  await saved();
  const files = (folder: string) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => readFileSync(join(one.parentPath, one.name)));
  const all = [...files(store.state), ...files(api.store.state)];
  assert.ok(all.length > 1);
  for (const planted of ['Quillfeather', letter.toString('base64'), 'Dear Dr'])
    assert.ok(
      all.every((file) => !file.includes(planted)),
      planted,
    );
});

test('a page or a script is handed on as a file that no browser runs here', async () => {
  for (const contentType of ['text/html', 'image/svg+xml', 'application/javascript']) {
    const reference = await saved(Buffer.from('<script>alert(1)</script>'), { 'content-type': contentType });
    const { headers } = await api.send('GET', reference, { headers: { accept: 'text/html,*/*' } });
    assert.equal(headers['content-disposition'], 'attachment');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.match(headers['content-security-policy'] ?? '', /default-src 'none'.*sandbox/);
  }
});

test('ten mebibytes are taken, and a byte more is refused with the limit, in either form', async () => {
  const largest = randomBytes(10 * 1024 * 1024);
  const reference = await saved(largest);
  assert.ok(largest.equals((await api.send('GET', reference)).bytes ?? Buffer.alloc(0)));
  const more = Buffer.concat([largest, Buffer.of(1)]);
  const resource = { resourceType: 'Binary', contentType: 'application/pdf', data: more.toString('base64') };
  for (const answer of [
    await post(more),
    await post(resource, { 'content-type': 'application/fhir+json' }),
    await post(randomBytes(16 * 1024 * 1024)),
  ]) {
    assert.equal(answer.status, 413);
    assert.match(JSON.stringify(answer.body), /Binary\.data|Content-Length/);
  }
});

test('what cannot be kept is refused with what to change', async () => {
  const reference = await saved();
  const json = { 'content-type': 'application/fhir+json' };
  const put = (body: unknown, headers: object) => api.send('PUT', reference, { body, headers: { ...headers } });
  const bare = { resourceType: 'Binary', id: reference.split('/')[1], contentType: 'application/pdf' };
  const securityContext = { reference: `Patient/${token}` };
  const answers: [Awaited<ReturnType<typeof put>>, number, string][] = [
    [await post(letter, { 'content-type': '' }), 415, 'Content-Type'],
    [await post(letter, { 'content-type': 'pdf' }), 415, 'Content-Type'],
    [await post('<Binary/>', { 'content-type': 'application/fhir+xml' }), 415, 'Content-Type'],
    [await post(letter, { 'x-security-context': 'Patient/nobody' }), 422, 'Binary.securityContext'],
    [await post(letter, { 'x-security-context': 'nonsense' }), 422, 'Binary.securityContext'],
    [await post({ ...bare, data: '%%%' }, json), 422, 'Binary.data'],
    [await put({ ...bare, securityContext }, json), 422, 'Binary.data'],
    [await put({ ...bare, data: 'QUJD' }, json), 422, 'Binary.securityContext'],
    [
      await api.send('PATCH', reference, { body: [{ op: 'replace', path: '/contentType', value: 'text/plain' }] }),
      422,
      'Binary.data',
    ],
  ];
  for (const [answer, status, expression] of answers) {
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.equal(expressionOf(answer), expression);
  }
  assert.ok(letter.equals((await api.send('GET', reference)).bytes ?? Buffer.alloc(0)));
});

test('a letter, its content and its patient come in one transaction', async () => {
  const urn = (n: number) => `urn:uuid:00000000-0000-4000-8000-00000000000${n}`;
  const entry = (n: number, resource: { resourceType: string }) => ({
    fullUrl: urn(n),
    request: { method: 'POST', url: resource.resourceType },
    resource,
  });
  const { status, body } = await api.send('POST', '', {
    body: {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        entry(1, {
          ...{ resourceType: 'Binary', contentType: 'application/pdf', data: letter.toString('base64') },
          ...{ securityContext: { reference: urn(2) } },
        } as { resourceType: string }),
        entry(2, patient('Quillfeather') as { resourceType: string }),
        entry(3, {
          ...{ resourceType: 'DocumentReference', status: 'current', subject: { reference: urn(2) } },
          ...{ content: [{ attachment: { contentType: 'application/pdf', url: urn(1) } }] },
        } as { resourceType: string }),
      ],
    },
  });
  assert.equal(status, 200, JSON.stringify(body));
  const places = body.entry?.map(({ response }) => response?.location?.replace(/\/_history.*/, '') ?? '');
  const document = (await api.send('GET', places?.[2] ?? '')).body as unknown as {
    content: { attachment: { url: string } }[];
  };
  assert.equal(document.content[0]?.attachment.url, places?.[0]);
  assert.ok(letter.equals((await api.send('GET', places?.[0] ?? '')).bytes ?? Buffer.alloc(0)));
});

test('in a batch a Binary is a resource, and searches and histories show it without its content', async () => {
  const reference = await saved();
  const batch = await api.send('POST', '', {
    body: { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: reference } }] },
  });
  assert.equal(batch.body.entry?.[0]?.resource?.['data'], letter.toString('base64'));
  for (const path of [`Binary?_id=${reference.split('/')[1]}`, `${reference}/_history`]) {
    const { body } = await api.send('GET', path);
    const [found] = body.entry ?? [];
    assert.deepEqual(
      [found?.resource?.['contentType'], found?.resource?.['data']],
      ['application/pdf', undefined],
      path,
    );
    assert.doesNotMatch(JSON.stringify(body), /"key"|"blob"/);
  }
});

test('contents that no record refers to are removed after two days, and no others', async () => {
  const reference = await saved();
  await api.send('PUT', reference, { body: letter, headers: { ...pdf, ...context() } });
  const kept = new Set(await store.names(blobContainers.binaries));
  // A lost race, and what a writer who was killed leaves behind.
  await api.send('PUT', reference, { body: letter, headers: { ...pdf, ...context(), 'if-match': 'W/"9"' } });
  const day = new Date().toISOString().slice(0, 10);
  await store.blobs.put(
    blobContainers.binaries,
    `${day}/RR8/${token}.01ARZ3NDEKTSV4RRFFQ69G5FAV/01ARZ3NDEKTSV4RRFFQ69G5FAV`,
    'x',
  );
  await store.blobs.put(blobContainers.binaries, `${day}/RR8/never-made/01ARZ3NDEKTSV4RRFFQ69G5FAV`, 'x');
  const sweep = (days: number) => api.store.process({ ahead: days * 86_400_000 }).records.sweepContents();
  assert.equal(await sweep(1), 0);
  const orphans = (await store.names(blobContainers.binaries)).filter((name) => !kept.has(name));
  assert.ok(orphans.length >= 2);
  assert.ok((await sweep(2)) >= orphans.length);
  const left = await store.names(blobContainers.binaries);
  assert.deepEqual(
    left.filter((name) => orphans.includes(name)),
    [],
  );
  assert.ok(letter.equals((await api.send('GET', reference)).bytes ?? Buffer.alloc(0)));
  assert.ok(letter.equals((await api.send('GET', `${reference}/_history/1`)).bytes ?? Buffer.alloc(0)));
  assert.equal(await sweep(2), 0);
});
