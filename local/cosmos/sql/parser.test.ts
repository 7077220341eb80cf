import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CosmosError } from '../errors.ts';
import { queryDocuments } from '../query/query-documents.ts';
import { pick, type Random, seededRandom } from '../query/random-documents.ts';
import { parse } from './parser.ts';
import { printQuery } from './print.ts';

const seeds = [
  'SELECT * FROM c WHERE c.a = 1 AND c["b c"] != \'x\' OR NOT IS_DEFINED(c.d)',
  'SELECT TOP 5 c.id, c.x AS y, {"a": [1, -2.5e3, null]} AS z FROM c JOIN t IN c.tags WHERE t BETWEEN 1 AND 2',
  'SELECT DISTINCT VALUE c.a.b[0] FROM c ORDER BY c.a ASC, c.b DESC OFFSET 1 LIMIT 2',
  'SELECT c.k, COUNT(1) AS n FROM c GROUP BY c.k',
  'SELECT VALUE ARRAY(SELECT VALUE p FROM p IN c.list WHERE p LIKE "a%!_" ESCAPE "!") FROM c',
  'SELECT VALUE (c.a ?? c.b) || "x" FROM c WHERE c.n IN (1, @p, "q") -- comment',
  'SELECT VALUE COUNT(1) FROM (SELECT DISTINCT VALUE c.name FROM c) AS s /* note */',
  'SELECT VALUE c.a > 1 ? ~c.b << 2 : +c.c % 3 FROM c WHERE EXISTS(SELECT VALUE 1 FROM x IN c.y)',
] as const;
const pieces = [
  ...'SELECT FROM WHERE AND OR NOT IN BETWEEN LIKE ESCAPE VALUE TOP DISTINCT GROUP ORDER BY OFFSET LIMIT JOIN AS EXISTS ARRAY'.split(
    ' ',
  ),
  ...'( ) [ ] { } , . : ? ?? || = != <> < <= + - * / % & | ^ ~ << >>> \' " \\ @ @p ! $ # \0 é 😀 -- /* */'.split(' '),
  ...'c a b 1 1e999 .5 0x \'s\' "t" null undefined true udf COUNT(1) ABS(c.a) c.a c["b"]'.split(' '),
] as [string, ...string[]];
const rounds = 6_000;

/** A valid query with pieces put in, taken out or doubled; or nothing but pieces. */
function damaged(random: Random): string {
  if (random(5) === 0) return Array.from({ length: random(30) }, () => pick(random, pieces)).join(' ');
  let sql: string = pick(random, seeds);
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const [from, length] = [random(sql.length + 1), random(8)];
    const middle = pick(random, ['', ` ${pick(random, pieces)} `, sql.slice(from, from + length).repeat(2)]);
    sql = sql.slice(0, from) + middle + sql.slice(from + length);
  }
  return sql;
}

test('any text is answered or refused as a query, never by a crash or a hang', () => {
  const random = seededRandom(20_261_125);
  const documents = [{ id: '1', a: 1, b: 'x', tags: [1, 2], list: ['abc'], y: [{}], k: null }];
  let answered = 0;
  for (let round = 0; round < rounds; round++) {
    const sql = damaged(random);
    try {
      queryDocuments({ sql, parameters: new Map([['@p', 1]]) }, documents, 0);
      answered++;
    } catch (error) {
      assert.ok(error instanceof CosmosError && error.status === 400, `${JSON.stringify(sql)}: ${error}`);
    }
  }
  assert.ok(answered > rounds / 50 && answered < rounds, `${answered} of ${rounds} were answered`);
});

test('a printed query reads as the same query', () => {
  const random = seededRandom(7);
  const texts = [...seeds, ...Array.from({ length: 3_000 }, () => damaged(random))];
  let printed = 0;
  for (const sql of texts) {
    let once: string;
    try {
      once = printQuery(parse(sql));
    } catch {
      continue;
    }
    printed++;
    assert.equal(printQuery(parse(once)), once, sql);
  }
  assert.ok(printed > seeds.length);
});
