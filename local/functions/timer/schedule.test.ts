import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMonitored, parseSchedule } from './schedule.ts';

const after = (expression: string, from: string): string =>
  parseSchedule(expression).next(new Date(from)).toISOString();

test('schedules come when the documentation says', () => {
  assert.equal(after('0 */5 * * * *', '2026-11-24T10:02:31Z'), '2026-11-24T10:05:00.000Z');
  assert.equal(after('0 0 * * * *', '2026-11-24T10:00:00Z'), '2026-11-24T11:00:00.000Z');
  assert.equal(after('0 0 */2 * * *', '2026-11-24T10:00:00Z'), '2026-11-24T12:00:00.000Z');
  assert.equal(after('0 0 9-17 * * *', '2026-11-24T17:00:00Z'), '2026-11-25T09:00:00.000Z');
  assert.equal(after('0 30 9 * * *', '2026-11-24T10:00:00Z'), '2026-11-25T09:30:00.000Z');
  assert.equal(after('0 30 9 * * 1-5', '2026-11-27T10:00:00Z'), '2026-11-30T09:30:00.000Z');
  assert.equal(after('0 30 9 * Jan Mon', '2026-11-24T10:00:00Z'), '2027-01-04T09:30:00.000Z');
  assert.equal(after('0 5,8,10 * * * *', '2026-11-24T10:05:00Z'), '2026-11-24T10:08:00.000Z');
  assert.equal(after('*/10 * * * * *', '2026-11-24T23:59:55Z'), '2026-11-25T00:00:00.000Z');
  assert.equal(after('0 0 0 29 2 *', '2026-11-24T00:00:00Z'), '2028-02-29T00:00:00.000Z');
  assert.equal(after('0 0 0 29 2 *', '2096-03-01T00:00:00Z'), '2104-02-29T00:00:00.000Z', 'no leap year in 2100');
  assert.equal(after('0 0 0 1 september-december *', '2026-11-24T00:00:00Z'), '2026-12-01T00:00:00.000Z');
});

test('five fields are minutes and on: the seconds are 0', () => {
  assert.equal(after('*/5 * * * *', '2026-11-24T10:02:31Z'), '2026-11-24T10:05:00.000Z');
});

test('a time span is the time between two runs; from 24 hours on, hours are days', () => {
  assert.equal(after('01:00:00', '2026-11-24T10:02:31Z'), '2026-11-24T11:02:31.000Z');
  assert.equal(after('00:00:01.500', '2026-11-24T10:00:00Z'), '2026-11-24T10:00:01.500Z');
  assert.equal(after('1.00:00:00', '2026-11-24T10:00:00Z'), '2026-11-25T10:00:00.000Z');
  assert.equal(after('24:00:00', '2026-11-01T10:00:00Z'), '2026-11-25T10:00:00.000Z');
});

test('a schedule that is wrong or never comes is refused', () => {
  for (const bad of [
    '* * * *',
    '* * * * * * *',
    '60 * * * * *',
    '0 60 * * * *',
    '0 0 24 * * *',
    '0 0 0 0 * *',
    '0 0 0 32 * *',
    '0 0 0 * 13 *',
    '0 0 0 * * 7',
    'a * * * * *',
    '*/0 * * * * *',
    '5-1 * * * * *',
    '0 0 0 * Foo *',
    '00:00:00',
    '-00:00:05',
    '00:61:00',
    '',
  ])
    assert.throws(() => parseSchedule(bad), /schedule/, bad);
  assert.throws(() => after('0 0 0 31 2 *', '2026-01-01T00:00:00Z'), /never/);
});

test('what comes more often than once a minute is not made up for', () => {
  const now = new Date('2026-11-24T10:00:30Z');
  assert.equal(isMonitored(parseSchedule('*/30 * * * * *'), undefined, now), false);
  assert.equal(isMonitored(parseSchedule('00:00:59'), true, now), false);
  assert.equal(isMonitored(parseSchedule('00:01:00'), undefined, now), true);
  assert.equal(isMonitored(parseSchedule('0 * * * * *'), undefined, now), true);
  assert.equal(isMonitored(parseSchedule('0 * * * * *'), false, now), false);
});
