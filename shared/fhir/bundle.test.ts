import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WardlineError } from '../errors.ts';
import { conditionalReferencesIn, planBundle, rewriteReferences } from './index.ts';

const entry = (method: string, url: string, more: object = {}) => ({
  request: { method, url },
  ...(method === 'POST' ? { resource: { resourceType: url } } : {}),
  ...(method === 'PUT' ? { resource: { resourceType: url.split('/')[0], id: url.split('/')[1] } } : {}),
  ...more,
});
const bundle = (...entries: object[]) => ({ resourceType: 'Bundle', type: 'transaction', entry: entries });
const refusedAt = (expression: string) => (error: unknown) =>
  error instanceof WardlineError && error.problems[0]?.expression === expression;

test('entries are processed by method: DELETE, POST, PUT, PATCH, GET', () => {
  const planned = planBundle(
    bundle(
      entry('GET', 'Patient/1'),
      entry('PATCH', 'Patient/4', { resource: { resourceType: 'Parameters' } }),
      entry('PUT', 'Patient/2'),
      entry('POST', 'Patient'),
      entry('DELETE', 'Patient/3'),
      entry('POST', 'Observation'),
    ),
  );
  assert.deepEqual(
    planned.map(({ method, index }) => `${method} ${index}`),
    ['DELETE 4', 'POST 3', 'POST 5', 'PUT 2', 'PATCH 1', 'GET 0'],
  );
});

test('what a Bundle may not hold is refused at its entry', () => {
  for (const [wrong, at] of [
    [entry('MOVE', 'Patient'), 'Bundle.entry[1].request.method'],
    [entry('POST', 'Patient?identifier=1'), 'Bundle.entry[1].request.url'],
    [entry('PUT', 'Patient/1?identifier=1'), 'Bundle.entry[1].request.url'],
    [entry('PATCH', 'Patient/1'), 'Bundle.entry[1].resource'],
    [entry('PATCH', 'Patient/1', { resource: { resourceType: 'Binary', data: 'e3' } }), 'Bundle.entry[1].resource'],
    [entry('PUT', 'Patient/1', { resource: undefined }), 'Bundle.entry[1].resource'],
    [entry('PUT', 'Patient/1', { resource: { resourceType: 'Observation' } }), 'Bundle.entry[1].resource'],
    [entry('PUT', 'Patient/1', { resource: { resourceType: 'Patient', id: '2' } }), 'Bundle.entry[1].resource.id'],
    [entry('PUT', 'Patient'), 'Bundle.entry[1].request.url'],
    [entry('DELETE', 'Patient'), 'Bundle.entry[1].request.url'],
    [null, 'Bundle.entry[1]'],
    ['Patient', 'Bundle.entry[1]'],
    [{ ...entry('POST', 'Patient'), request: 'POST' }, 'Bundle.entry[1].request'],
  ] as const)
    assert.throws(
      () => planBundle({ resourceType: 'Bundle', entry: [entry('POST', 'Patient'), wrong] }),
      refusedAt(at),
      at,
    );
});

test('criteria, conditions and patches are read', () => {
  const [put, patch] = planBundle(
    bundle(
      entry('PUT', 'Patient?identifier=1', { resource: { resourceType: 'Patient' } }),
      entry('PATCH', 'Patient/1', {
        request: { method: 'PATCH', url: 'Patient/1', ifMatch: 'W/"2"' },
        resource: { resourceType: 'Binary', data: Buffer.from('[{"op":"remove","path":"/a"}]').toString('base64') },
      }),
    ),
  );
  assert.deepEqual([put?.criteria, put?.id], ['identifier=1', undefined]);
  assert.deepEqual(patch?.patch, [{ op: 'remove', path: '/a' }]);
  assert.deepEqual(patch?.conditions, { ifMatch: 'W/"2"' });
});

test('references that are searches are found wherever they stand', () => {
  const resource = {
    resourceType: 'Observation',
    subject: { reference: 'Patient?identifier=9990000018', display: 'Patient?identifier=2' },
    contained: [{ resourceType: 'Provenance', target: [{ reference: 'Encounter?_id=1' }, { reference: 'Patient/1' }] }],
  };
  assert.deepEqual(conditionalReferencesIn(resource), ['Patient?identifier=9990000018', 'Encounter?_id=1']);
});

test('two entries may not have one fullUrl', () => {
  const twin = entry('POST', 'Patient', { fullUrl: 'urn:uuid:1' });
  assert.throws(() => planBundle(bundle(twin, twin)), refusedAt('Bundle.entry[1].fullUrl'));
});

test('501 entries are too many, 500 are not', () => {
  const many = (count: number) => bundle(...Array.from({ length: count }, () => entry('POST', 'Basic')));
  assert.equal(planBundle(many(500)).length, 500);
  assert.throws(
    () => planBundle(many(501)),
    (error: unknown) => error instanceof WardlineError && error.code === 'too-large',
  );
});

test('references are rewritten wherever they stand, and nothing else is', () => {
  const map = new Map([['urn:uuid:1', 'Patient/abc']]);
  const resource = {
    resourceType: 'Observation',
    identifier: [{ value: 'urn:uuid:1' }],
    subject: { reference: 'urn:uuid:1', display: 'urn:uuid:1' },
    extension: [{ url: 'urn:uuid:1', valueReference: { reference: 'urn:uuid:1' } }],
    contained: [{ resourceType: 'Provenance', target: [{ reference: 'urn:uuid:1' }, { reference: 'urn:uuid:2' }] }],
  };
  assert.deepEqual(rewriteReferences(resource, map), {
    ...resource,
    subject: { reference: 'Patient/abc', display: 'urn:uuid:1' },
    extension: [{ url: 'urn:uuid:1', valueReference: { reference: 'Patient/abc' } }],
    contained: [{ resourceType: 'Provenance', target: [{ reference: 'Patient/abc' }, { reference: 'urn:uuid:2' }] }],
  });
});
