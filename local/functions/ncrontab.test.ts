import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchedule } from './ncrontab.ts';

const after = (expression: string, from: string): string =>
  parseSchedule(expression).next(new Date(from)).toISOString();

test('schedules come when the documentation says', () => {
  assert.equal(after('0 */5 * * * *', '2026-11-24T10:02:31Z'), '2026-11-24T10:05:00.000Z');
  assert.equal(after('0 0 * * * *', '2026-11-24T10:00:00Z'), '2026-11-24T11:00:00.000Z');
  assert.equal(after('0 30 9 * * *', '2026-11-24T10:00:00Z'), '2026-11-25T09:30:00.000Z');
  assert.equal(after('0 30 9 * * 1-5', '2026-11-27T10:00:00Z'), '2026-11-30T09:30:00.000Z');
  assert.equal(after('*/10 * * * * *', '2026-11-24T23:59:55Z'), '2026-11-25T00:00:00.000Z');
  assert.equal(after('0 0 0 29 2 *', '2026-11-24T00:00:00Z'), '2028-02-29T00:00:00.000Z');
});

test('a schedule that is wrong or never comes is refused', () => {
  for (const bad of ['* * * * *', '60 * * * * *', '0 0 24 * * *', 'a * * * * *', '*/0 * * * * *', '5-1 * * * * *'])
    assert.throws(() => parseSchedule(bad), /schedule/);
  assert.throws(() => after('0 0 0 31 2 *', '2026-01-01T00:00:00Z'), /never/);
});
