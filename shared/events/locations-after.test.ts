import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBedMoved } from './bed-moved.ts';
import { type EncounterLocation, locationsAfter } from './locations-after.ts';

const admitted: EncounterLocation[] = [
  { location: { reference: 'Location/J09-01' }, status: 'active', period: { start: '2026-11-01T08:00:00Z' } },
];
const move = (bed: string, hour: number, sequence = 1) => ({
  bed,
  occurredAt: `2026-11-01T${String(hour).padStart(2, '0')}:00:00.000Z`,
  sequence,
});
const after = (moves: ReturnType<typeof move>[], from = admitted, open = true): readonly EncounterLocation[] =>
  moves.reduce<readonly EncounterLocation[]>(
    (locations, one) => locationsAfter(locations, one, open) ?? locations,
    from,
  );
const brief = (locations: readonly EncounterLocation[]) =>
  locations
    .map(({ location, status, period }) => [
      location.reference?.replace('Location/', ''),
      status,
      ...[period?.start, period?.end].map((moment) =>
        moment === undefined ? undefined : new Date(moment).getUTCHours(),
      ),
    ])
    .toSorted((a, b) => Number(a[2]) - Number(b[2]));

test('a movement ends the present location and begins the next', () => {
  assert.deepEqual(brief(after([move('J09-02', 10)])), [
    ['J09-01', 'completed', 8, 10],
    ['J09-02', 'active', 10, undefined],
  ]);
});

test('an older movement is filed as history, until the one after it, and moves nobody', () => {
  assert.deepEqual(brief(after([move('J09-02', 12), move('J09-03', 10)])), [
    ['J09-01', 'completed', 8, 10],
    ['J09-03', 'completed', 10, 12],
    ['J09-02', 'active', 12, undefined],
  ]);
  assert.deepEqual(brief(after([move('J09-03', 7)])), [
    ['J09-03', 'completed', 7, 8],
    ['J09-01', 'active', 8, undefined],
  ]);
});

test('movements in any order end in the same present bed', () => {
  const moves = [move('J09-02', 9), move('J09-03', 10), move('J09-04', 11), move('J09-05', 11, 2)];
  for (const order of permutations(moves)) {
    const active = after(order).filter(({ status }) => status === 'active');
    assert.deepEqual(
      active.map(({ location }) => location.reference),
      ['Location/J09-05'],
    );
    assert.equal(after(order).length, 5);
  }
});

test('a second delivery is known by moment and sequence', () => {
  const once = after([move('J09-02', 10), move('J09-03', 9)]);
  assert.equal(locationsAfter(once, move('J09-02', 10), true), undefined);
  assert.equal(locationsAfter(once, move('J09-03', 9), true), undefined);
});

test('an encounter that is over moves nobody any more', () => {
  const over: EncounterLocation[] = [
    {
      ...admitted[0],
      location: { reference: 'Location/J09-01' },
      status: 'completed',
      period: { start: '2026-11-01T08:00:00Z', end: '2026-11-01T09:00:00Z' },
    },
  ];
  assert.equal(after([move('J09-02', 10)], over, false).filter(({ status }) => status === 'active').length, 0);
});

test('an encounter without any location gets its first', () => {
  assert.deepEqual(brief(after([move('J09-02', 10)], [])), [['J09-02', 'active', 10, undefined]]);
});

test('a malformed event is refused with what is wrong, and nothing of it is repeated', () => {
  const good = {
    trust: 'RR8',
    encounter: 'abc.1',
    bed: 'J09-01',
    occurredAt: '2026-11-01T10:00:00+01:00',
    sequence: 1,
  };
  assert.deepEqual(readBedMoved('e-1', good), { ...good, id: 'e-1', occurredAt: '2026-11-01T09:00:00.000Z' });
  const wrong: [string, unknown][] = [
    ['trust', 'rr8; DROP'],
    ['encounter', '../Patient/1'],
    ['encounter', undefined],
    ['bed', ''],
    ['occurredAt', 'yesterday'],
    ['occurredAt', '2026-11-01'],
    ['occurredAt', '2026-99-01T10:00:00Z'],
    ['sequence', '1'],
    ['sequence', 1.5],
  ];
  for (const [name, value] of wrong) {
    const problem = readBedMoved('e-1', { ...good, [name]: value });
    assert.match(String(problem), new RegExp(`^data\\.${name} must`), `${name} ${value}`);
    if (typeof value === 'string' && value !== '') assert.ok(!String(problem).includes(value));
  }
  for (const data of [null, 'text', 7, undefined]) assert.equal(typeof readBedMoved('e-1', data), 'string');
  assert.equal(typeof readBedMoved(undefined, good), 'string');
});

function permutations<T>(list: readonly T[]): T[][] {
  return list.length < 2
    ? [[...list]]
    : list.flatMap((one, index) => permutations(list.toSpliced(index, 1)).map((rest) => [one, ...rest]));
}
