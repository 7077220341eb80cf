import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from './parse-json.ts';

const nested = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth);

test('64 levels are read, 65 are refused, whatever stands in texts', () => {
  assert.doesNotThrow(() => parseJson(nested(64, '[', ']')));
  assert.throws(() => parseJson(nested(65, '[', ']')), /deeper than 64/);
  assert.throws(() => parseJson(`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`), /deeper than 64/);
  const text = `${'['.repeat(100)}"\\`;
  assert.deepEqual(parseJson(JSON.stringify([text, { a: text }])), [text, { a: text }]);
  assert.deepEqual(parseJson(JSON.stringify(Array(100).fill([]))), Array(100).fill([]));
  assert.throws(() => parseJson('{'), SyntaxError);
});
