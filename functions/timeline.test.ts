import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FhirApi, startFhirApi } from '../test/support/fhir-api.ts';
import { encounter, patient, ward } from '../test/support/record-samples.ts';
import type { TimelineLine } from './timeline.ts';

let api: FhirApi;
let token = '';

before(async () => {
  api = await startFhirApi();
  for (const resource of ward('J09')) await api.send('PUT', `Location/${resource.id}`, { body: resource });
  token = await newPatient('9990000077', true);
});
after(() => api.close());

async function newPatient(nhsNumber: string, admitted: boolean): Promise<string> {
  const id = String((await api.send('POST', 'Patient', { body: patient('Lines', nhsNumber) })).body.id);
  if (admitted) await api.send('POST', 'Encounter', { body: encounter(id, 'J09-01') });
  return id;
}

const create = async (resource: object): Promise<string> => {
  const { status, body } = await api.send('POST', String(Reflect.get(resource, 'resourceType')), { body: resource });
  assert.equal(status, 201, JSON.stringify(body));
  return `${body.resourceType}/${body.id}`;
};
const observation = (id: string, effectiveDateTime: string | undefined, more: object = {}): object => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'Heart rate' },
  subject: { reference: `Patient/${id}` },
  ...(effectiveDateTime === undefined ? {} : { effectiveDateTime }),
  valueQuantity: { value: 88, unit: '/min' },
  ...more,
});

interface Page {
  readonly entries: readonly TimelineLine[];
  readonly next?: string;
}
const page = async (path: string, who: 'nurse' | 'integration' = 'nurse'): Promise<Page> => {
  const { status, body } = await api.send('GET', path, { who });
  assert.equal(status, 200, JSON.stringify(body));
  return body as unknown as Page;
};
const timeline = (query = '', id = token): Promise<Page> => page(`/patients/${id}/timeline${query}`);

test('what happened comes by when it happened, not by when it was written down', async () => {
  const id = await newPatient('9990000085', true);
  const dates = ['2026-03-05', '1998', '2026-03-05T09:30:00+01:00', '2026-03', undefined];
  for (const date of dates) await create(observation(id, date));
  const { entries } = await timeline('?kind=result', id);
  // A month and a year stand where they begin; what has no date stands where it was recorded.
  assert.deepEqual(
    entries.map(({ date, dated }) => (dated === 'recorded' ? dated : date)),
    ['recorded', '2026-03-05T09:30:00+01:00', '2026-03-05', '2026-03', '1998'],
  );
  const [, second] = entries;
  assert.deepEqual([second?.title, second?.detail, second?.status], ['Heart rate', '88 /min', 'final']);
});

test('an amendment moves what has a date of its own, and nothing else', async () => {
  const id = await newPatient('9990000093', true);
  const undated = await create(observation(id, undefined));
  const dated = await create(observation(id, '2026-01-01'));
  const first = await timeline('?kind=result', id);
  for (const [reference, date] of [
    [undated, undefined],
    [dated, '2020-01-01'],
  ] as const) {
    const resourceId = reference.split('/')[1];
    await api.send('PUT', reference, { body: { ...observation(id, date, { status: 'amended' }), id: resourceId } });
  }
  const { entries } = await timeline('?kind=result', id);
  assert.deepEqual(
    entries.map(({ reference, date, status }) => [reference, date, status]),
    [
      [undated, first.entries[0]?.date, 'amended'],
      [dated, '2020-01-01', 'amended'],
    ],
  );
});

test('pages hold each entry once, while others write', async () => {
  const id = await newPatient('9990000107', true);
  const wanted = [];
  for (let day = 1; day <= 23; day++)
    wanted.push(await create(observation(id, `2026-02-${String(day).padStart(2, '0')}`)));
  const seen: string[] = [];
  let next: string | undefined = `/patients/${id}/timeline?kind=result&count=5`;
  while (next !== undefined) {
    const shown: Page = await page(next);
    assert.ok(shown.entries.length <= 5);
    seen.push(...shown.entries.map(({ reference }) => reference));
    await create(observation(id, '2026-05-01'));
    next = shown.next;
  }
  assert.deepEqual(seen, wanted.reverse());
});

test('kinds and dates narrow it', async () => {
  const id = await newPatient('9990000115', true);
  for (const date of ['2026-02-01', '2026-02-28T23:59:59Z', '2026-03-01']) await create(observation(id, date));
  const references = async (query: string) => (await timeline(query, id)).entries.map(({ date }) => date);
  assert.deepEqual(await references('?kind=result&from=2026-02&to=2026-02'), ['2026-02-28T23:59:59Z', '2026-02-01']);
  assert.deepEqual(await references('?kind=result&from=2026-03-01'), ['2026-03-01']);
  assert.deepEqual(await references('?kind=encounter'), ['2026-11-01T08:00:00Z']);
  assert.equal((await references('?kind=encounter,result')).length, 4);
  assert.deepEqual(await references('?kind=letter'), []);
});

test('what was entered in error is left out, and shown as such to who asks for it', async () => {
  const id = await newPatient('9990000123', true);
  await create(observation(id, '2026-01-01', { status: 'entered-in-error' }));
  await create({
    resourceType: 'Condition',
    subject: { reference: `Patient/${id}` },
    code: { text: 'Asthma' },
    recordedDate: '2026-01-02',
    verificationStatus: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: 'entered-in-error' }],
    },
  });
  assert.equal((await timeline('?kind=result,diagnosis', id)).entries.length, 0);
  const shown = await timeline('?kind=result,diagnosis&withdrawn=show', id);
  assert.deepEqual(
    shown.entries.map(({ kind, enteredInError }) => [kind, enteredInError]),
    [
      ['diagnosis', true],
      ['result', true],
    ],
  );
});

test('a page that leaves much out still goes on behind it', async () => {
  const id = await newPatient('9990000131', true);
  for (let day = 1; day <= 12; day++)
    await create(observation(id, `2026-02-${String(day).padStart(2, '0')}`, { status: 'entered-in-error' }));
  const kept = await create(observation(id, '2026-01-01'));
  const seen: string[] = [];
  let next: string | undefined = `/patients/${id}/timeline?kind=result&count=1`;
  for (let pages = 0; next !== undefined && pages < 20; pages++) {
    const shown: Page = await page(next);
    seen.push(...shown.entries.map(({ reference }) => reference));
    next = shown.next;
  }
  assert.deepEqual([seen, next], [[kept], undefined]);
});

test('a scan leads to its report and its images', async () => {
  const id = await newPatient('9990000158', true);
  const subject = { reference: `Patient/${id}` };
  const scan = await create({
    resourceType: 'ImagingStudy',
    status: 'available',
    subject,
    started: '2026-04-01T10:00:00Z',
    description: 'CT head',
    endpoint: [{ reference: 'Endpoint/pacs' }],
  });
  const report = (status: string) =>
    create({
      resourceType: 'DiagnosticReport',
      status,
      code: { text: 'CT head' },
      subject,
      effectiveDateTime: '2026-04-01',
      conclusion: 'No bleed',
      imagingStudy: [{ reference: scan }],
      media: [{ link: { reference: 'Media/slice-12' } }],
    });
  const good = await report('final');
  await report('entered-in-error');
  const { entries } = await timeline('?kind=scan', id);
  assert.deepEqual(entries[0]?.links, [
    { rel: 'report', href: good },
    { rel: 'image', href: 'Endpoint/pacs' },
    { rel: 'image', href: 'Media/slice-12' },
  ]);
});

test('who may not see the patient sees no timeline, and labels of single entries hold', async () => {
  const id = await newPatient('9990000166', true);
  const sealed = {
    meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'V' }] },
  };
  const open = await create(observation(id, '2026-01-01'));
  await create(observation(id, '2026-01-02', sealed));
  const { entries } = await timeline('?kind=result', id);
  assert.deepEqual(
    entries.map(({ reference }) => reference),
    [open],
  );
  assert.equal((await api.send('GET', `/patients/${id}/timeline`, { who: 'stranger' })).status, 403);
  assert.equal((await api.send('GET', '/patients/0123456789ab/timeline', { who: 'nurse' })).status, 404);
});

test('the audit entry names the patient, what was shown and no value', async () => {
  api.audited.length = 0;
  const { entries } = await timeline('?from=2026-01-01');
  const [entry] = api.audited;
  assert.equal(api.audited.length, 1);
  assert.deepEqual([entry?.subtype, entry?.patients, entry?.parameters], ['timeline', [token], ['from']]);
  assert.deepEqual(
    entry?.entities.map(({ type, id }) => `${type}/${id}`),
    entries.map(({ reference }) => reference),
  );
});

test('what cannot be asked is refused with what to change', async () => {
  const bad: [query: string, expression: string][] = [
    ['kind=nonsense', 'kind'],
    ['from=yesterday', 'from'],
    ['to=2026-13', 'to'],
    ['count=0', 'count'],
    ['count=201', 'count'],
    ['withdrawn=maybe', 'withdrawn'],
    ['colour=blue', 'timeline'],
    ['_cursor=k1.nonsense', '_cursor'],
    ['_cursor=k1.nonsense&count=1', '_cursor'],
  ];
  for (const [query, expression] of bad) {
    const { status, body } = await api.send('GET', `/patients/${token}/timeline?${query}`, { who: 'nurse' });
    assert.equal(status, 400, query);
    assert.equal((body['errors'] as { expression: string }[])[0]?.expression, expression, query);
  }
});

test('a cursor is good for its caller alone', async () => {
  for (const date of ['2026-01-01', '2026-01-02']) await create(observation(token, date));
  const { next } = await timeline('?count=1');
  assert.ok(next);
  assert.equal((await api.send('GET', next, { who: 'integration' })).status, 400);
});

test('a page costs two requests to the store, one more where there are scans, however long the record is', async () => {
  const id = await newPatient('9990000174', true);
  for (let day = 1; day <= 28; day++) await create(observation(id, `2026-02-${String(day).padStart(2, '0')}`));
  await create({
    resourceType: 'ImagingStudy',
    status: 'available',
    subject: { reference: `Patient/${id}` },
    started: '2026-04-01',
  });
  await timeline('?kind=result&count=5', id);
  api.spent();
  await timeline('?kind=result&count=5', id);
  assert.equal(api.spent().requests, 2);
  await timeline('?count=5', id);
  assert.equal(api.spent().requests, 3);
});
