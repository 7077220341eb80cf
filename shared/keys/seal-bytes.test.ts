import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sealBytes, unsealBytes } from './seal-bytes.ts';

const refused = { code: 'internal' };

test('a sealed file opens with its key, where it belongs', () => {
  for (const plain of [Buffer.alloc(0), Buffer.from('Dear Dr'), randomBytes(1_000_000)]) {
    const { key, sealed } = sealBytes(plain, 'here');
    assert.ok(plain.equals(unsealBytes(key, sealed, 'here')));
    assert.throws(() => unsealBytes(key, sealed, 'there'), refused);
    assert.throws(() => unsealBytes(sealBytes(plain, 'here').key, sealed, 'here'), refused);
  }
});

test('no byte of a sealed file can be altered or left out', () => {
  const { key, sealed } = sealBytes(Buffer.from('abc'), 'here');
  for (let index = 0; index < sealed.length; index++) {
    const altered = Buffer.from(sealed);
    altered[index] = (altered[index] ?? 0) ^ 1;
    assert.throws(() => unsealBytes(key, altered, 'here'), refused, `byte ${index}`);
    assert.throws(() => unsealBytes(key, sealed.subarray(0, index), 'here'), refused, `${index} bytes`);
  }
  assert.throws(() => unsealBytes('', sealed, 'here'), refused);
});
