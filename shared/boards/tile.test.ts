import assert from 'node:assert/strict';
import { test } from 'node:test';
import { news2 } from '../../test/support/boards.ts';
import type { FhirResource } from '../fhir/index.ts';
import { type BoardBed, bedsShown } from './board.ts';
import { compareBoards } from './compare-boards.ts';
import { labelOf } from './label.ts';
import { shownOf, type Tile } from './tile.ts';
import { tileNews2 } from './tile-news2.ts';

const token = '0123456789ab';
const nurse = { id: 'n', role: 'nurse' } as const;
const patient: FhirResource = {
  resourceType: 'Patient',
  id: 'p-1',
  name: [
    { use: 'maiden', family: 'Vorher', given: ['Vera'] },
    { family: 'Nachher', given: ['Vera', 'Lu'] },
  ],
  birthDate: '1950-11-25',
  gender: 'female',
};
const placement = { encounter: 'e-1', ward: 'J09', bed: 'J09-01', since: '2026-11-01T08:00:00Z' };
const head = { token, patientId: 'p-1', placements: [placement] };
const score = (total: number, at: string, more: object = {}): FhirResource => ({ ...news2(token, total, at), ...more });

test('a tile names bed, encounter and patient, by the name that she has now', () => {
  assert.deepEqual(shownOf(head, [patient]), {
    ward: 'J09',
    tile: {
      ...{ patient: token, patientId: 'p-1', encounter: 'e-1', bed: 'J09-01', since: '2026-11-01T08:00:00Z' },
      ...{ family: 'Nachher', given: 'Vera', birthDate: '1950-11-25', sex: 'female' },
    },
  });
});

test('of two open encounters the one that put the patient in a bed last counts', () => {
  const later = { encounter: 'e-2', ward: 'J10', bed: 'J10-01', since: '2026-11-02T08:00:00+00:00' };
  assert.equal(shownOf({ ...head, placements: [later, placement] }, [patient])?.ward, 'J10');
});

test('a patient without a bed, or a bed without a known patient, is on no board', () => {
  const { bed: _, ...corridor } = placement;
  assert.equal(shownOf({ ...head, placements: [corridor] }, [patient]), undefined);
  assert.equal(shownOf(head, []), undefined);
});

test('a score that was withdrawn, cancelled or has no value is not shown', () => {
  const right = score(4, '2026-11-01T09:00:00Z');
  for (const more of [
    { status: 'entered-in-error' },
    { status: 'cancelled' },
    { valueInteger: undefined },
    { effectiveDateTime: undefined },
    { code: { coding: [{ system: 'http://loinc.org', code: '1104051000000101' }] } },
  ])
    assert.equal(tileNews2([right, score(9, '2026-11-01T11:00:00Z', more)])?.total, 4, JSON.stringify(more));
});

test('of two scores of one moment the one recorded last corrects the other', () => {
  const at = '2026-11-01T09:00:00Z';
  const recorded = (total: number, lastUpdated: string) => score(total, at, { meta: { lastUpdated } });
  const both = [recorded(9, '2026-11-01T09:05:00.000Z'), recorded(2, '2026-11-01T09:30:00.000Z')];
  assert.equal(tileNews2(both)?.total, 2);
  assert.equal(tileNews2(both.toReversed())?.total, 2);
});

test('the trend compares with the score before', () => {
  const at = (total: number, hour: number) => score(total, `2026-11-01T${hour}:00:00Z`);
  assert.equal(tileNews2([at(3, 10)])?.trend, 'first');
  assert.equal(tileNews2([at(3, 10), at(5, 11)])?.trend, 'up');
  assert.equal(tileNews2([at(5, 10), at(3, 11)])?.trend, 'down');
  assert.equal(tileNews2([at(3, 10), at(3, 11)])?.trend, 'same');
});

test('a score that does not say that it is complete is shown as incomplete', () => {
  assert.equal(tileNews2([score(3, '2026-11-01T09:00:00Z', { extension: undefined })])?.complete, false);
});

const tile = (more: Partial<Tile> = {}): Tile => ({
  ...{ patient: token, patientId: 'p-1', encounter: 'e-1', bed: 'J09-01', since: '2026-11-01T08:00:00Z' },
  ...{ family: 'ó Briain', given: 'Éamon', birthDate: '1950-11-25' },
  ...more,
});
const now = new Date('2026-11-24T12:00:00Z');

test('staff see surname and initial, passers-by initials', () => {
  assert.deepEqual(labelOf(tile(), 'staff-area', now), { id: 'p-1', label: 'Ó BRIAIN, É', age: 75 });
  assert.deepEqual(labelOf(tile(), 'public', now), { label: 'ÉÓ', age: 75 });
  assert.equal(labelOf(tile({ family: '', given: '' }), 'public', now).label, 'Unknown');
});

test('age rises on the birthday', () => {
  for (const [day, age] of [
    ['24', 75],
    ['25', 76],
  ] as const)
    assert.equal(labelOf(tile(), 'public', new Date(`2026-11-${day}T12:00:00Z`)).age, age);
  assert.equal(labelOf(tile({ birthDate: '1950' }), 'public', now).age, 76);
});

test('nobody is left out: two in one bed, and one in a bed that the ward does not have', () => {
  const tiles = [tile(), tile({ patient: 'b', since: '2026-11-01T07:00:00Z' }), tile({ patient: 'c', bed: 'J09-99' })];
  assert.deepEqual(
    bedsShown(['J09-01', 'J09-02'], tiles, 'staff-area', now, nurse).map(({ bed, state }) => [bed, state]),
    [
      ['J09-01', 'occupied'],
      ['J09-01', 'occupied'],
      ['J09-02', 'empty'],
      ['J09-99', 'occupied'],
    ],
  );
});

test('two boards are compared by what people see', () => {
  const bed = (more: object): BoardBed => ({ bed: 'J09-01', state: 'empty', ...more });
  assert.deepEqual(compareBoards({ beds: [bed({})] }, { beds: [{ state: 'empty', bed: 'J09-01' }] }), []);
  assert.equal(compareBoards({ beds: [bed({})] }, { beds: [] }).length, 1);
  assert.equal(
    compareBoards({ beds: [bed({ patient: { label: 'A' } })] }, { beds: [bed({ patient: { label: 'B' } })] }).length,
    1,
  );
});

test('a sealed patient is on the board as an occupied bed, and nothing else of her is kept there', () => {
  const shown = shownOf({ ...head, sealed: true }, [patient, score(7, '2026-11-01T09:00:00Z')]);
  assert.doesNotMatch(JSON.stringify(shown), /Nachher|1950|female|total/);
  const tiles = [shown?.tile as Tile];
  for (const role of ['nurse', 'doctor', 'ward-clerk', 'board-device'] as const)
    assert.deepEqual(bedsShown(['J09-01'], tiles, 'staff-area', new Date(), { id: 'x', role }), [
      { bed: 'J09-01', state: 'occupied', restricted: true },
    ]);
});

test('whom the patient objects to, and who is no clinician where she is left to them, sees an occupied bed', () => {
  const objections = [{ consent: 'c', agent: 'n' }];
  const tiles = [shownOf({ ...head, clinicians: true, objections }, [patient])?.tile as Tile];
  const sees = (id: string, role: 'nurse' | 'doctor' | 'pharmacist' | 'ward-clerk' | 'board-device') =>
    bedsShown(['J09-01'], tiles, role === 'board-device' ? 'public' : 'staff-area', new Date(), { id, role })[0]
      ?.restricted !== true;
  assert.equal(sees('n', 'nurse'), false);
  assert.equal(sees('m', 'nurse'), true);
  assert.equal(sees('m', 'doctor'), true);
  for (const role of ['pharmacist', 'ward-clerk', 'board-device'] as const) assert.equal(sees('m', role), false, role);
});

test('a score that is labelled is not on the wall', () => {
  const label = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }];
  const shown = shownOf(head, [patient, score(4, '2026-11-01T09:00:00Z', { meta: { security: label } })]);
  assert.equal(shown?.tile.news2, undefined);
});
