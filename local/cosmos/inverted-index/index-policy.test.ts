import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../json.ts';
import { readIndexPolicy } from './index-policy.ts';

const policy = (included: string[], excluded: string[]): Json => ({
  includedPaths: included.map((path) => ({ path })),
  excludedPaths: excluded.map((path) => ({ path })),
});

/** https://learn.microsoft.com/azure/cosmos-db/index-policy#include-exclude-precedence */
const table: readonly (readonly [policy: Json | undefined, indexed: string[], not: string[]])[] = [
  [undefined, ['/a', '/a/[]/b', '/id'], ['/_etag', '/_self']],
  [policy(['/*'], ['/"_etag"/?']), ['/a', '/a/b', '/_ts'], ['/_etag', '/_rid']],
  [policy(['/a/?'], ['/*']), ['/a', '/id', '/_ts'], ['/a/b', '/b', '/a/[]']],
  [policy(['/a/*'], ['/*']), ['/a', '/a/b', '/a/[]/c'], ['/ab']],
  [policy(['/*'], ['/a/*']), ['/b'], ['/a', '/a/b']],
  [policy(['/a/b/?', '/*'], ['/a/*']), ['/a/b', '/c'], ['/a/c']],
  [policy(['/tags/[]/?'], ['/*']), ['/tags/[]'], ['/tags', '/tags/[]/x']],
  [policy(['/"a-b"/?', '/"c/d"/?'], ['/*']), ['/a-b', '/c~1d'], ['/c/d']],
  [policy([], ['/*']), ['/id', '/_ts'], ['/a']],
  [{ indexingMode: 'none' }, [], ['/a', '/id']],
];

test('the longest included or excluded path decides, id and _ts are always indexed', () => {
  for (const [given, indexed, not] of table) {
    const { indexed: test } = readIndexPolicy(given);
    for (const path of indexed) assert.ok(test(path), `${JSON.stringify(given)} indexes ${path}`);
    for (const path of not) assert.ok(!test(path), `${JSON.stringify(given)} leaves ${path} out`);
  }
});

test('a composite index is the same read backwards', () => {
  const composite = (first: string, second: string): Json => ({
    compositeIndexes: [
      [
        { path: '/a', order: first },
        { path: '/b', order: second },
      ],
    ],
  });
  const name = (given: Json): string | undefined => readIndexPolicy(given).composites[0]?.name;
  assert.equal(name(composite('ascending', 'descending')), name(composite('descending', 'ascending')));
  assert.notEqual(name(composite('ascending', 'descending')), name(composite('ascending', 'ascending')));
});
