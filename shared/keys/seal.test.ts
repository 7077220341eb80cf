import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type SealKey, seal, sealedWith, unseal } from './seal.ts';

const key = (version = 'k1'): SealKey => ({ version, secret: createSecretKey(randomBytes(32)) });
const refused = { code: 'internal' };

test('what was sealed opens in its place, short and long', () => {
  const mine = key();
  for (const plain of [{ a: 'ä' }, 'x'.repeat(50_000), null, [1, 2]]) {
    assert.deepEqual(unseal(mine, seal(mine, plain, 'here'), 'here'), plain);
  }
});

test('the same text sealed twice looks different', () => {
  const mine = key();
  assert.notEqual(seal(mine, 'a', 'here'), seal(mine, 'a', 'here'));
});

test('a sealed text opens nowhere else, and with no other key', () => {
  const mine = key();
  const sealed = seal(mine, 'a', 'here');
  assert.throws(() => unseal(mine, sealed, 'there'), refused);
  assert.throws(() => unseal(key(), sealed, 'here'), refused);
  assert.throws(() => unseal({ ...mine, version: 'k2' }, sealed, 'here'), refused);
});

test('a text altered in any byte is refused', () => {
  const mine = key();
  const sealed = seal(mine, 'abc', 'here');
  const bytes = Buffer.from(sealed.slice(3), 'base64url');
  for (let index = 0; index < bytes.length; index++) {
    const altered = Buffer.from(bytes);
    altered[index] = (altered[index] ?? 0) ^ 1;
    assert.throws(() => unseal(mine, `k1.${altered.toString('base64url')}`, 'here'), refused, `byte ${index}`);
  }
  for (const nonsense of ['', 'k1.', 'k1.AAAA', sealed.slice(0, -8)]) {
    assert.throws(() => unseal(mine, nonsense, 'here'), refused);
  }
});

test('a text names the version of its key', () => assert.equal(sealedWith(seal(key('d7'), 1, '')), 'd7'));

test('neither the key nor a failure shows the bytes of the key', () => {
  const bytes = randomBytes(32);
  const mine = { version: 'k1', secret: createSecretKey(bytes) };
  assert.ok(!JSON.stringify(mine).includes(bytes.toString('base64')));
});
