import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRefusedTokens, type Refusals } from './refused-tokens.ts';

const start = Date.parse('2026-11-24T10:00:30Z');

function counter(secret = 1): { told: Refusals[]; at(time: number): void; count(address: string | null): void } {
  const told: Refusals[] = [];
  let now = start;
  const refused = createRefusedTokens({
    clock: { now: () => new Date(now) },
    secret: new Uint8Array(32).fill(secret),
    tell: (refusals) => told.push(refusals),
  });
  return {
    told,
    at: (time) => {
      now = time;
    },
    count: (address) => refused.count(address, 'invalid-token'),
  };
}

test('requests without a valid token are counted by source and minute, and told when the minute is over', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { told, count } = counter();
  for (let times = 0; times < 3; times++) count('192.0.2.1:4711');
  count('192.0.2.2');
  t.mock.timers.tick(29_999);
  assert.equal(told.length, 0);
  t.mock.timers.tick(1);
  assert.deepEqual(
    told.map(({ count: number, minute, code }) => [number, minute, code]),
    [
      [3, '2026-11-24T10:00:00.000Z', 'invalid-token'],
      [1, '2026-11-24T10:00:00.000Z', 'invalid-token'],
    ],
  );
});

test('a new minute tells the one before, even when its timer was late', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { told, at, count } = counter();
  count('192.0.2.1');
  at(start + 60_000);
  count('192.0.2.1');
  assert.equal(told.length, 1);
});

test('the source is the address that our own front end saw, and nobody can read it back', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { told, count } = counter();
  count('10.9.9.9, 192.0.2.1:1');
  count('203.0.113.7, 192.0.2.1:2');
  count(null);
  t.mock.timers.runAll();
  assert.deepEqual(
    told.map(({ count: number }) => number),
    [2, 1],
  );
  assert.doesNotMatch(JSON.stringify(told), /192\.0\.2\.1/);
  const other = counter(2);
  other.count('192.0.2.1');
  t.mock.timers.runAll();
  assert.notEqual(other.told[0]?.source, told[0]?.source);
});

test('an attack from everywhere does not fill the memory', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { told, count } = counter();
  for (let source = 0; source < 5_000; source++) count(`2001:db8::${source.toString(16)}`);
  t.mock.timers.runAll();
  assert.ok(told.length <= 1_001);
  assert.equal(
    told.reduce((sum, { count: number }) => sum + number, 0),
    5_000,
  );
});
