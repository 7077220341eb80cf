import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIds } from './ids.ts';

const clock = { now: () => new Date(1_700_000_000_000) };

test('ids made in one millisecond grow', () => {
  const ids = createIds(clock);
  const made = Array.from({ length: 1000 }, () => ids.ulid());
  assert.deepEqual(made, [...made].sort());
  assert.equal(new Set(made).size, 1000);
});

test('a clock that steps back does not make an id smaller', () => {
  let now = 5000;
  const ids = createIds({ now: () => new Date(now) });
  const before = ids.ulid();
  now = 1000;
  assert.ok(ids.ulid() > before);
});

test('an id carries its time in the first ten characters', () => {
  const ids = createIds(clock, (size) => new Uint8Array(size));
  assert.equal(ids.ulid(), '01HF7YAT000000000000000000');
});

test('a patient token is twelve lower-case characters of Crockford base32', () => {
  assert.match(createIds(clock).token(), /^[0-9a-hjkmnp-tv-z]{12}$/);
});
