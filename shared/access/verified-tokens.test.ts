import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Actor } from '../context.ts';
import { createVerifiedTokens } from './verified-tokens.ts';

const actor: Actor = { kind: 'staff', id: 'a', displayName: '', role: 'nurse', trust: 'RR8', teams: [] };
const later = 10 * 60_000;

function setUp() {
  let now = 1_000_000;
  let checks = 0;
  const verified = createVerifiedTokens(() => now);
  const ask = (token: string, expires = now + later) =>
    verified(token, async () => {
      checks += 1;
      return { actor, expires };
    });
  const wait = (milliseconds: number): void => {
    now += milliseconds;
  };
  return { ask, verified, wait, checks: () => checks };
}

test('the same token is checked once a minute', async () => {
  const { ask, wait, checks } = setUp();
  for (let times = 0; times < 3; times++) assert.equal(await ask('t'), actor);
  assert.equal(checks(), 1);
  wait(59_999);
  await ask('t');
  assert.equal(checks(), 1);
  wait(1);
  await ask('t');
  assert.equal(checks(), 2);
});

test('another token is another check, however little differs', async () => {
  const { ask, checks } = setUp();
  await ask('header.payload.signature');
  await ask('header.payload.signaturf');
  assert.equal(checks(), 2);
});

test('a token that expires is checked again at that moment, not a minute later', async () => {
  const { ask, verified, wait } = setUp();
  await ask('t', 1_000_000 + 5_000);
  wait(5_000);
  await assert.rejects(
    verified('t', () => Promise.reject(new Error('expired'))),
    /expired/,
  );
});

test('what was refused is checked again', async () => {
  const { ask, verified, checks } = setUp();
  await assert.rejects(
    verified('t', () => Promise.reject(new Error('refused'))),
    /refused/,
  );
  assert.equal(await ask('t'), actor);
  assert.equal(checks(), 1);
});

test('a flood of tokens drives out the oldest, not the newest', async () => {
  const { ask, checks } = setUp();
  for (let index = 0; index <= 20_000; index++) await ask(`t${index}`);
  const before = checks();
  await ask('t20000');
  await ask('t1');
  assert.equal(checks(), before);
  await ask('t0');
  assert.equal(checks(), before + 1);
});
