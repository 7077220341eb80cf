import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FhirResource } from '../resource.ts';
import { gradeOf } from './grade.ts';
import { personIn } from './person.ts';

const nhs = (value: string) => [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value }];
const ada = {
  resourceType: 'Patient',
  identifier: nhs('999 000 0255'),
  name: [{ family: 'Quill-Feather', given: ['Adélaïde', 'May'] }],
  birthDate: '1948-03-07',
  gender: 'female',
  address: [{ postalCode: 'LS1 3EX' }],
};
const known = personIn(ada as FhirResource);
const graded = (change: object) => gradeOf(personIn({ ...ada, ...change } as FhirResource), known);
const grade = (change: object) => graded(change).grade;
const noNumber = { identifier: undefined };

test('certain: the same NHS number, birth date, and a name that agrees', () => {
  assert.deepEqual(graded({}), { score: 1, grade: 'certain' });
  assert.equal(grade({ address: undefined, gender: undefined }), 'certain');
  assert.equal(grade({ name: [{ family: 'QUILL', given: ['B'] }] }), 'certain');
  assert.equal(grade({ name: [{ family: 'Other', given: ['adelaide'] }] }), 'certain');
  assert.notEqual(grade({ name: [{ family: 'Other', given: ['Berta'] }] }), 'certain');
  assert.notEqual(grade({ name: undefined }), 'certain');
  assert.notEqual(grade({ birthDate: '1948-07-03' }), 'certain');
});

test('probable: enough agrees, and no NHS number speaks against it', () => {
  assert.deepEqual(graded(noNumber), { score: 1, grade: 'probable' });
  assert.equal(grade({ ...noNumber, name: [{ family: 'Quillfeather', given: ['Adelaide'] }] }), 'probable');
  assert.equal(grade({ birthDate: '1948-07-03' }), 'probable');
});

test('possible: some agrees, or the NHS number is another, or it is all that agrees', () => {
  assert.equal(grade({ identifier: nhs('9990000263'), name: ada.name }), undefined);
  assert.equal(grade({ ...noNumber, birthDate: '1948-07-03', address: undefined }), 'possible');
  assert.equal(grade({ ...noNumber, name: [{ family: 'Quill-Feather', given: ['Berta'] }] }), 'possible');
  const namesAlone = { ...noNumber, birthDate: undefined, gender: undefined, address: undefined };
  assert.deepEqual(graded(namesAlone), { score: 1, grade: 'possible' });
  assert.equal(grade({ name: [{ family: 'X', given: ['Yves'] }], birthDate: '2001-01-01' }), 'possible');
});

test('no match: too little agrees, or nothing is said', () => {
  assert.equal(grade({ ...noNumber, name: [{ family: 'Smith', given: ['Berta'] }] }), undefined);
  assert.deepEqual(gradeOf(personIn({ resourceType: 'Patient' }), known), { score: 0, grade: undefined });
});

test('another NHS number is never more than possible', () => {
  const strict = personIn({ ...ada, identifier: [...nhs('9990000263')] } as FhirResource);
  const { grade: found } = gradeOf(strict, { ...known, givens: [], postcodes: [] });
  assert.ok(found === undefined || found === 'possible');
});

test('slips of the pen are close, and other names are not', () => {
  const familyScore = (family: string) =>
    gradeOf(personIn({ resourceType: 'Patient', name: [{ family }] } as FhirResource), {
      ...known,
      families: ['nightingale'],
    }).score;
  for (const close of ['nightingal', 'nigthingale', 'nightingales', 'Nightingäle-Smith', 'night', 'mightingale'])
    assert.equal(familyScore(close), 0.53, close);
  assert.equal(familyScore('NIGHTINGALE'), 1);
  for (const other of ['nitingail', 'smith', 'nigthnigale']) assert.equal(familyScore(other), 0, other);
});

test('birth dates are close where a part of them agrees', () => {
  const score = (birthDate: string) =>
    gradeOf(personIn({ resourceType: 'Patient', birthDate } as FhirResource), known).score;
  assert.equal(score('1948-03-07'), 1);
  for (const close of ['1948', '1948-03', '1948-07-03', '1949-03-07', '1948-03-17'])
    assert.equal(score(close), 0.4, close);
  for (const other of ['1949', '1950-04-07', '1948-04-17']) assert.equal(score(other), 0, other);
});
