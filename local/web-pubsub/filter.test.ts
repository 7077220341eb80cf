import assert from 'node:assert/strict';
import { test } from 'node:test';
import { odata } from '@azure/web-pubsub';
import type { WebPubSubError } from './errors.ts';
import { compileFilter } from './filter.ts';

const ada = { userId: 'ada', connectionId: 'c1', groups: new Set(['ward:J09', 'staff']) };
const nobody = { userId: undefined, connectionId: 'c2', groups: new Set<string>() };

/** Filter, whether it holds for Ada, whether it holds for a connection without user and groups. */
const table: readonly [string, boolean, boolean][] = [
  [`userId eq 'ada'`, true, false],
  [`userId ne 'ada'`, false, true],
  [`userId eq null`, false, true],
  [`userId ne null`, true, false],
  [`userId gt 'acz' and userId lt 'adb'`, true, false],
  [`userId ge 'ada' and userId le 'ada'`, true, false],
  [`userId in ('bob', 'ada')`, true, false],
  [`'staff' in groups`, true, false],
  [`not ('staff' in groups)`, false, true],
  [`'staff' in groups or connectionId eq 'c2'`, true, true],
  [`connectionId eq 'c1' or connectionId eq 'c2' and userId eq 'bob'`, true, false],
  [`(connectionId eq 'c1' or connectionId eq 'c2') and userId eq 'bob'`, false, false],
  [`length(userId) eq 3`, true, false],
  [`length(userId) gt 2.5`, true, false],
  [`startswith(userId, 'a') and endswith(userId, 'a')`, true, false],
  [`indexof(userId, 'd') eq 1`, true, false],
  [`substring(userId, 1) eq 'da' and substring(userId, 1, 1) eq 'd'`, true, false],
  [`toupper(userId) eq 'ADA' and tolower('ADA') eq userId`, true, false],
  [`trim(' ada ') eq userId`, true, false],
  [`concat(userId, '!') eq 'ada!'`, true, false],
  ['true', true, true],
  ['false', false, false],
  [`userId`, false, false],
  [`userId gt 3`, false, false],
];

test('filters decide as OData says', () => {
  for (const [filter, forAda, forNobody] of table)
    assert.deepEqual([compileFilter(filter)(ada), compileFilter(filter)(nobody)], [forAda, forNobody], filter);
});

test('what the client’s own odata function writes is understood', () => {
  assert.ok(compileFilter(odata`userId eq ${"o'brien"}`)({ ...ada, userId: "o'brien" }));
  assert.ok(compileFilter(odata`userId eq ${null}`)(nobody));
});

test('what cannot be read is refused with the place', () => {
  for (const filter of [
    '',
    'userId eq',
    `userId eq 'open`,
    'userId ~ 3',
    'name eq 1',
    'constructor eq 1',
    `length('a', 'b') eq 1`,
    'length(userId',
    'userId eq 1 2',
    ')',
    `userId in ('a'`,
    `${'not '.repeat(60)}true`,
    `${'('.repeat(60)}true${')'.repeat(60)}`,
  ])
    assert.throws(
      () => compileFilter(filter),
      (error: WebPubSubError) => error.status === 400 && error.message.startsWith('The filter'),
      filter,
    );
});
