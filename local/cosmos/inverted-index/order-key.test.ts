import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, type Json } from '../json.ts';
import { afterPrefix, compositeKey, orderKey } from './order-key.ts';

/** In the order of ORDER BY, ascending; each is greater than the one before. */
const ascending: readonly (Json | undefined)[] = [
  undefined,
  null,
  false,
  true,
  -1.7e308,
  -1e9,
  -1,
  -5e-324,
  0,
  5e-324,
  0.1,
  1,
  1.5,
  2 ** 53,
  1e300,
  '',
  'A',
  'a',
  'a\0',
  'a\0b',
  'a b',
  'ab',
  'é',
  '\ue000',
  '\uffff',
  '\u{10000}',
  '\u{1f600}',
  [],
  {},
];

test('keys compare as Cosmos DB orders values of any type', () => {
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) {
      const order = Math.sign(Buffer.compare(orderKey(a), orderKey(b)));
      assert.equal(order, Math.sign(i - j), `${JSON.stringify(a)} and ${JSON.stringify(b)}`);
      assert.equal(Math.sign(compare(a, b)), Math.sign(i - j), `${JSON.stringify(a)} and ${JSON.stringify(b)}`);
    }
  }
  assert.deepEqual(orderKey(-0), orderKey(0));
});

test('composite keys compare by the first value that differs, each in its direction', () => {
  const keyOf = (values: readonly (Json | undefined)[], directions: readonly boolean[]): Buffer =>
    compositeKey(values.map((value, i) => ({ value, descending: directions[i] === true })));
  for (const directions of [
    [false, false],
    [false, true],
    [true, false],
  ]) {
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) {
        const order = Math.sign(Buffer.compare(keyOf([a, b], directions), keyOf([b, a], directions)));
        assert.equal(
          order,
          directions[0] === true ? Math.sign(j - i) : Math.sign(i - j),
          JSON.stringify([a, b, directions]),
        );
        const second = Math.sign(Buffer.compare(keyOf([1, a], directions), keyOf([1, b], directions)));
        assert.equal(
          second,
          directions[1] === true ? Math.sign(j - i) : Math.sign(i - j),
          JSON.stringify([a, b, directions]),
        );
      }
    }
  }
});

test('the key after a prefix is beyond all that begins with it, and before all else', () => {
  assert.deepEqual(afterPrefix(Buffer.of(1, 255, 255)), Buffer.of(2));
  assert.deepEqual(afterPrefix(Buffer.of(1, 2)), Buffer.of(1, 3));
  assert.equal(afterPrefix(Buffer.of(255)), undefined);
});
