import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FhirResource } from '../../fhir/index.ts';
import type { HeadContent } from '../documents.ts';
import { keepLinks } from './keep-links.ts';
import { withMerge } from './merged.ts';
import { givenBack, restored, retired, survivor } from './merged-patients.ts';

const head: HeadContent = { patientId: 'a', placements: [] };
const into = { token: 'b', patientId: 'b' };
const from = { token: 'a', patientId: 'a', identifiers: [] };
const patient = (id: string, more: object = {}): FhirResource => ({ resourceType: 'Patient', id, ...more });
const number = (value: string, more: object = {}) => ({ system: 'https://fhir.nhs.uk/Id/nhs-number', value, ...more });

test('a patient is merged into one other, who is not merged, and back', () => {
  const merged = withMerge(head, { kind: 'into', into });
  assert.throws(() => withMerge(merged, { kind: 'into', into }), { code: 'conflict' });
  assert.throws(() => withMerge(merged, { kind: 'takes', from }), { code: 'conflict' });
  assert.throws(() => withMerge(merged, { kind: 'restored', from: 'c' }), { code: 'conflict' });
  assert.deepEqual(withMerge(merged, { kind: 'restored', from: 'b' }), head);
  const two = withMerge(withMerge(head, { kind: 'takes', from }), { kind: 'takes', from: { ...from, token: 'c' } });
  const one = withMerge(two, { kind: 'gives', back: 'a' });
  assert.deepEqual(
    one.mergedFrom?.map(({ token }) => token),
    ['c'],
  );
  assert.throws(() => withMerge(one, { kind: 'gives', back: 'a' }), { code: 'conflict' });
  assert.deepEqual(withMerge(one, { kind: 'gives', back: 'c' }), head);
});

test('undoing a merge gives both Patients back as they were', () => {
  for (const [source, target] of [
    [
      patient('a', { identifier: [number('9990000018')], active: true }),
      patient('b', { identifier: [number('9990000026')] }),
    ],
    [patient('a'), patient('b', { active: true, link: [{ other: { reference: 'Patient/c' }, type: 'seealso' }] })],
    [
      patient('a', { active: false, identifier: [{ system: 'urn:mrn', value: '1' }, { value: 'x' }] }),
      patient('b', { identifier: [{ system: 'urn:mrn', value: '1' }] }),
    ],
  ] as const) {
    const { resource, identifiers } = survivor(target, source);
    assert.deepEqual(restored(retired(source, 'b'), 'b', source['active'] as boolean | undefined), source);
    assert.deepEqual(givenBack(resource, { token: 'a', patientId: 'a', identifiers }), target);
  }
});

test('the survivor takes over identifiers as old ones, once, and no NHS number', () => {
  const mrn = (value: string, more: object = {}) => ({ system: 'urn:mrn', value, ...more });
  const source = patient('a', { identifier: [number('9990000018'), mrn('1'), mrn('2', { use: 'official' })] });
  const target = patient('b', { identifier: [number('9990000026'), mrn('1')] });
  const { resource, identifiers } = survivor(target, source);
  assert.deepEqual(resource['identifier'], [number('9990000026'), mrn('1'), mrn('2', { use: 'old' })]);
  assert.deepEqual(identifiers, [mrn('2')]);
});

test('links that a merge made stay until it is undone; others are free', () => {
  const merged = withMerge(head, { kind: 'into', into });
  const before = retired(patient('a'), 'b');
  const other = { other: { reference: 'Patient/c' }, type: 'seealso' };
  keepLinks(merged, before, { ...before, link: [other, ...(before['link'] as object[])] });
  assert.throws(() => keepLinks(merged, before, patient('a')), { code: 'business-rule' });
  assert.throws(() => keepLinks(merged, before, undefined), { code: 'business-rule' });
  assert.throws(() => keepLinks(merged, before, retired(patient('a'), 'c')), { code: 'business-rule' });
  keepLinks(head, patient('a'), retired(patient('a'), 'c'));
});
