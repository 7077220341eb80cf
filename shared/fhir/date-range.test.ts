import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dateRange } from './date-range.ts';

const lengths: readonly (readonly [string, number])[] = [
  ['2024', 366 * 86_400_000],
  ['2026', 365 * 86_400_000],
  ['2024-02', 29 * 86_400_000],
  ['2026-12', 31 * 86_400_000],
  ['2026-03-29', 86_400_000],
  ['2026-11-24T10:00', 60_000],
  ['2026-11-24T10:00:00Z', 1000],
  ['2026-11-24T10:00:00.5Z', 1],
];
for (const [text, length] of lengths)
  test(`${text} stands for ${length} ms`, () => {
    const range = dateRange(text);
    assert.ok(range);
    assert.equal(range.to - range.from + 1, length);
  });

test('a zone moves the moment', () =>
  assert.equal(dateRange('2026-11-24T10:00:00+01:00')?.from, Date.parse('2026-11-24T09:00:00Z')));

test('what is no date has no period', () => {
  for (const text of [
    '',
    '26',
    '2026-13',
    '2026-02-30',
    '2026-11-24T25:00:00Z',
    '2026-11-24T10',
    'tomorrow',
    '2026-11-24 10:00',
  ])
    assert.equal(dateRange(text), undefined, text);
});
