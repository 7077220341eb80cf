import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerRid, databaseRid, itemRid, keyRangeRid, rowOfRid, scriptRid } from './resource-id.ts';

const container = containerRid(1, 1);

test('an item is found again by its resource id, up to the largest row', () => {
  for (const row of [1, 255, 256, 2 ** 31, 2 ** 32 + 5, 2 ** 47])
    assert.equal(rowOfRid(container, itemRid(container, row)), row);
});

test('what is no resource id of an item of this container names no row', () => {
  const other = containerRid(1, 2);
  for (const rid of [
    '',
    'a',
    'an ordinary id',
    container,
    itemRid(other, 1),
    keyRangeRid(container),
    scriptRid(container, 1, 'sprocs'),
  ])
    assert.equal(rowOfRid(container, rid), undefined, rid);
});

test('resource ids hold no slash, and differ for every number', () => {
  const rids = Array.from({ length: 2000 }, (_, n) => [
    databaseRid(n * 7919),
    containerRid(n, n),
    itemRid(container, n),
  ]).flat();
  assert.equal(new Set(rids).size, rids.length);
  assert.ok(rids.every((rid) => !rid.includes('/')));
});
