import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentedSchedule, isDelivered, nextAttempt, type Outcome, outcomeName } from './retry.ts';

const limits = { maxDeliveryAttempts: 30, timeToLiveMinutes: 1440 };
const seconds = (outcome: Outcome, attempts: number): number | string => {
  const next = nextAttempt(outcome, attempts, 0, limits);
  return 'after' in next ? next.after / 1000 : next.reason;
};

test('only 200 to 204 acknowledge an event', () => {
  for (const status of [200, 201, 202, 203, 204]) assert.ok(isDelivered(status));
  for (const outcome of [199, 205, 206, 301, 400, 500, 'timed out', 'unreachable'] as const)
    assert.ok(!isDelivered(outcome));
});

test('waits follow the documented schedule, and the last one repeats', () => {
  const waits = documentedSchedule.map((_, index) => seconds(500, index + 1));
  assert.deepEqual(waits, [10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200]);
  assert.equal(seconds('unreachable', 11), 43_200);
  assert.equal(seconds('timed out', 1), 10);
});

test('404, 408 and 503 wait at least as long as documented', () => {
  assert.deepEqual(
    [404, 408, 503].map((status) => seconds(status, 1)),
    [300, 120, 30],
  );
  assert.deepEqual(
    [404, 408, 503].map((status) => seconds(status, 7)),
    [3600, 3600, 3600],
  );
});

test('400, 401, 403 and 413 are given up at once, by name', () => {
  assert.equal(seconds(400, 1), 'UndeliverableDueToHttpBadRequest');
  assert.equal(seconds(401, 1), 'UndeliverableDueToHttpUnauthorized');
  assert.equal(seconds(403, 1), 'UndeliverableDueToHttpForbidden');
  assert.equal(seconds(413, 1), 'UndeliverableDueToHttpPayloadTooLarge');
});

test('the last attempt and the end of the time to live give an event up', () => {
  const reason = (attempts: number, age: number, more: Partial<typeof limits> = {}) =>
    nextAttempt(500, attempts, age, { ...limits, ...more }, [0]);
  assert.deepEqual(reason(2, 0, { maxDeliveryAttempts: 3 }), { after: 0 });
  assert.deepEqual(reason(3, 0, { maxDeliveryAttempts: 3 }), { reason: 'MaxDeliveryAttemptsExceeded' });
  assert.deepEqual(reason(1, 60_000, { timeToLiveMinutes: 1 }), { after: 0 });
  assert.deepEqual(reason(1, 60_001, { timeToLiveMinutes: 1 }), { reason: 'TimeToLiveExceeded' });
});

test('outcomes have the names that dead letters carry', () => {
  assert.deepEqual(([400, 404, 408, 503, 500, 'timed out', 'unreachable'] as const).map(outcomeName), [
    'BadRequest',
    'NotFound',
    'TimedOut',
    'Busy',
    'GenericError',
    'TimedOut',
    'ResolutionError',
  ]);
});
