import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';

const text = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

test('a traceparent reads back as it was written', () => {
  const context = parseTraceparent(text);
  assert.ok(context);
  assert.equal(formatTraceparent(context), text);
});

test('malformed and all-zero traceparents are no context', () => {
  for (const bad of [
    undefined,
    '',
    'rubbish',
    text.toUpperCase(),
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `${text}-x`,
  ]) {
    assert.equal(parseTraceparent(bad), undefined);
  }
});
