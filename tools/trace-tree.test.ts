import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawTrace } from './trace-tree.ts';

const span = (id: string, parentId: string | undefined, start: number) => ({
  id,
  parentId,
  name: id,
  start,
  duration: 2,
  success: true,
});

test('children stand under what they continue, in order of time', () => {
  const drawn = drawTrace([span('push', 'relay', 30), span('form', undefined, 10), span('relay', 'form', 20)]);
  assert.deepEqual(
    drawn.split('\n').map((line) => line.replace(/\s+\+.*/, '')),
    ['form', '  └─ relay', '     └─ push'],
  );
});

test('a span whose parent is unknown is shown, not lost', () => {
  assert.match(drawTrace([span('orphan', 'gone', 5)]), /orphan/);
});
