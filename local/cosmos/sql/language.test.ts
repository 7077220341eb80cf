import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CosmosError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import { queryDocuments } from '../query/query-documents.ts';

const families: readonly JsonObject[] = [
  {
    id: 'A',
    n: 1,
    city: 'Leeds',
    children: [
      { name: 'Ann', age: 3, pets: [{ name: 'Rex' }] },
      { name: 'Bob', age: 9, pets: [] },
    ],
    tags: ['x', 'y'],
    nothing: null,
  },
  {
    id: 'B',
    n: 2,
    city: 'York',
    children: [{ name: 'Cat', age: 5, pets: [{ name: 'Tom' }, { name: 'Kit' }] }],
    tags: ['y'],
  },
  { id: 'C', n: 2.5, city: 'Leeds', children: [], tags: [], 'a b': { '/': true } },
];

const ask = (sql: string, parameters: Record<string, Json> = {}): Json[] =>
  queryDocuments(
    { sql, parameters: new Map(Object.entries(parameters).map(([name, value]) => [`@${name}`, value])) },
    families,
    0,
  );

/** The codes of the errors that a query is refused with. */
function refusal(sql: string): string {
  try {
    ask(sql);
  } catch (error) {
    assert.ok(error instanceof CosmosError, String(error));
    assert.equal(error.status, 400);
    const { errors } = JSON.parse(error.message.replace(/^Message: /, ''));
    return String(errors[0].code);
  }
  return 'answered';
}

test('FROM names the container as it likes, goes into paths, and through arrays', () => {
  assert.deepEqual(ask('SELECT VALUE f.id FROM Families f'), ['A', 'B', 'C']);
  assert.deepEqual(ask('SELECT VALUE root.id FROM root'), ['A', 'B', 'C']);
  assert.deepEqual(ask('SELECT VALUE ch.name FROM ch IN c.children'), ['Ann', 'Bob', 'Cat']);
  assert.deepEqual(ask('SELECT VALUE children[0].name FROM Families.children'), ['Ann', 'Cat']);
  assert.deepEqual(ask('SELECT * FROM c["a b"]'), [{ '/': true }]);
  assert.deepEqual(ask('SELECT * FROM c.tags AS t'), [['x', 'y'], ['y'], []]);
});

test('JOIN goes through every combination, and what is empty gives nothing', () => {
  assert.deepEqual(ask('SELECT f.id, ch.name, p.name AS pet FROM f JOIN ch IN f.children JOIN p IN ch.pets'), [
    { id: 'A', name: 'Ann', pet: 'Rex' },
    { id: 'B', name: 'Cat', pet: 'Tom' },
    { id: 'B', name: 'Cat', pet: 'Kit' },
  ]);
  assert.deepEqual(ask('SELECT VALUE t FROM f JOIN t IN (SELECT VALUE t FROM t IN f.tags WHERE t != "x")'), ['y', 'y']);
  assert.deepEqual(ask('SELECT VALUE s.n FROM f JOIN (SELECT VALUE {n: f.n}) AS s'), [1, 2, 2.5]);
});

test('subqueries give a value, a list, the first, the last, or whether there is any', () => {
  assert.deepEqual(ask('SELECT VALUE (SELECT VALUE COUNT(1) FROM t IN c.tags) FROM c'), [2, 1, 0]);
  assert.deepEqual(ask('SELECT VALUE ARRAY(SELECT VALUE ch.age FROM ch IN c.children) FROM c'), [[3, 9], [5], []]);
  assert.deepEqual(ask('SELECT VALUE FIRST(SELECT VALUE ch.age FROM ch IN c.children) FROM c'), [3, 5]);
  assert.deepEqual(ask('SELECT VALUE LAST(SELECT VALUE ch.age FROM ch IN c.children) FROM c'), [9, 5]);
  assert.deepEqual(
    ask('SELECT VALUE c.id FROM c WHERE EXISTS(SELECT VALUE ch FROM ch IN c.children WHERE ch.age > 5)'),
    ['A'],
  );
  assert.deepEqual(ask('SELECT VALUE EXISTS(SELECT VALUE t FROM t IN c.tags) FROM c'), [true, true, false]);
  assert.deepEqual(ask('SELECT VALUE COUNT(1) FROM (SELECT DISTINCT VALUE c.city FROM c)'), [2]);
  assert.deepEqual(ask('SELECT VALUE s FROM (SELECT VALUE c.n FROM c WHERE c.n > 1) AS s WHERE s < 2.2'), [2]);
  assert.deepEqual(ask('SELECT VALUE 2 * s FROM (SELECT VALUE SUM(c.n) FROM c) AS s'), [11]);
  assert.deepEqual(
    ask(
      'SELECT VALUE ARRAY(SELECT DISTINCT VALUE p.name FROM ch IN c.children JOIN p IN ch.pets) FROM c WHERE c.id = "B"',
    ),
    [['Tom', 'Kit']],
  );
});

test('aggregates fold all rows, groups what is equal; undefined is left out', () => {
  assert.deepEqual(
    ask(
      'SELECT COUNT(1) AS all, COUNT(c.nothing) AS some, SUM(c.n) AS s, AVG(c.n) AS a, MIN(c.city) AS l, MAX(c.city) AS h FROM c',
    ),
    [{ all: 3, some: 1, s: 5.5, a: 5.5 / 3, l: 'Leeds', h: 'York' }],
  );
  assert.deepEqual(ask('SELECT VALUE COUNTIF(c.n > 1) FROM c'), [2]);
  assert.deepEqual(ask('SELECT VALUE SUM(c.city) FROM c'), []);
  assert.deepEqual(ask('SELECT COUNT(1) FROM c'), [{ $1: 3 }]);
  assert.deepEqual(ask('SELECT VALUE COUNT(1) FROM c WHERE false'), [0]);
  assert.deepEqual(ask('SELECT VALUE AVG(c.n) FROM c WHERE false'), []);
  assert.deepEqual(ask('SELECT VALUE MAKESET(c.city) FROM c'), [['Leeds', 'York']]);
  const groups = ask('SELECT c.city, COUNT(1) AS n, MAX(c.n) + 1 AS m FROM c GROUP BY c.city') as JsonObject[];
  assert.deepEqual(
    groups.sort((a, b) => (String(a['city']) < String(b['city']) ? -1 : 1)),
    [
      { city: 'Leeds', n: 2, m: 3.5 },
      { city: 'York', n: 1, m: 3 },
    ],
  );
  assert.deepEqual(ask('SELECT VALUE UPPER(c.city) FROM c GROUP BY UPPER(c.city)').sort(), ['LEEDS', 'YORK']);
  assert.deepEqual(ask('SELECT COUNT(1) AS n FROM c GROUP BY c.missing'), [{ n: 3 }]);
});

test('DISTINCT knows equal values of any type, regardless of the order of properties', () => {
  assert.deepEqual(ask('SELECT DISTINCT VALUE c.city FROM c'), ['Leeds', 'York']);
  assert.deepEqual(ask('SELECT DISTINCT VALUE {a: 1, b: c.missing} FROM c'), [{ a: 1 }]);
  assert.deepEqual(ask('SELECT DISTINCT t FROM c JOIN t IN c.tags'), [{ t: 'x' }, { t: 'y' }]);
});

test('undefined is neither null nor false, and leaves its place out', () => {
  assert.deepEqual(ask('SELECT c.nothing, c.missing FROM c'), [{ nothing: null }, {}, {}]);
  assert.deepEqual(ask('SELECT VALUE c.missing FROM c'), []);
  assert.deepEqual(ask('SELECT VALUE [c.missing, 1] FROM c WHERE c.id = "A"'), [[1]]);
  assert.deepEqual(ask('SELECT VALUE c.id FROM c WHERE c.missing = null'), []);
  assert.deepEqual(ask('SELECT VALUE c.id FROM c WHERE NOT (c.missing = 1)'), []);
  assert.deepEqual(ask('SELECT VALUE c.id FROM c WHERE c.missing = 1 OR c.n = 1'), ['A']);
  assert.deepEqual(ask('SELECT VALUE c.nothing ?? "none" FROM c'), [null, 'none', 'none']);
  assert.deepEqual(ask('SELECT VALUE c.id FROM c WHERE c.nothing != 1'), ['A']);
  assert.deepEqual(ask('SELECT VALUE c.n < "3" FROM c'), []);
  assert.deepEqual(ask('SELECT VALUE undefined FROM c'), []);
  assert.deepEqual(ask('SELECT VALUE 1 / 0 FROM c'), []);
});

/** Worked out once, without a document. */
const expressions: readonly (readonly [string, Json])[] = [
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['7 % 4 - -1', 4],
  ['2 << 3 | 1', 17],
  ['5 & 3 ^ 1', 0],
  ['-1 >>> 31', 1],
  ['~0', -1],
  ['"a" || "b" = "ab"', true],
  ['NOT true OR true', true],
  ['NOT 1 = 2', true],
  ['1 < 2 ? "yes" : "no"', 'yes'],
  ['1 > 2 ? "a" : 2 > 1 ? "b" : "c"', 'b'],
  ['2 BETWEEN 1 AND 3', true],
  ['2 NOT BETWEEN 1 AND 3', false],
  ['"b" IN ("a", "b")', true],
  ['3 NOT IN (1, 2)', true],
  ['{"a": [1, {b: 2}]}', { a: [1, { b: 2 }] }],
  ['{a: 1, b: 2} = {b: 2, a: 1}', true],
  ['[1, 2] = [2, 1]', false],
  ['[10, 20][1]', 20],
  ['{a: {b: 3}}.a["b"]', 3],
  ['"it\\u0027s \\"x\\" \\n"', 'it\'s "x" \n'],
  ["'single \\' quote'", "single ' quote"],
  ['1 <> 2', true],
  ['"😀" > "\\uffff"', true],
  ['0x1F', 31],
  ['1.5e2', 150],
];

test('operators bind as documented', () => {
  for (const [expression, expected] of expressions)
    assert.deepEqual(ask(`SELECT VALUE ${expression}`).slice(0, 1), [expected], expression);
});

const likes: readonly (readonly [string, boolean])[] = [
  ["'abc' LIKE 'a%'", true],
  ["'abc' LIKE '%b%'", true],
  ["'abc' LIKE 'a_c'", true],
  ["'abc' LIKE 'ab'", false],
  ["'abc' LIKE 'A%'", false],
  ["'abc' NOT LIKE '%x%'", true],
  ["'a%c' LIKE 'a!%c' ESCAPE '!'", true],
  ["'abc' LIKE 'a!%c' ESCAPE '!'", false],
  ["'b1' LIKE '[a-c][0-9]'", true],
  ["'d1' LIKE '[^a-c]%'", true],
  ["'a.c' LIKE 'a.c'", true],
  ["'abc' LIKE 'a.c'", false],
  ["'' LIKE '%'", true],
];

test('LIKE knows %, _, sets and ESCAPE, and stays quick on patterns made to be slow', () => {
  for (const [expression, expected] of likes)
    assert.deepEqual(ask(`SELECT VALUE ${expression}`).slice(0, 1), [expected], expression);
  const started = process.cpuUsage();
  assert.deepEqual(ask(`SELECT VALUE @text LIKE '${'%a'.repeat(40)}%b'`, { text: 'a'.repeat(5_000) }).slice(0, 1), [
    false,
  ]);
  assert.ok(process.cpuUsage(started).user < 2_000_000);
});

test('parameters stand for any value', () => {
  assert.deepEqual(ask('SELECT VALUE c.id FROM c WHERE c.city = @city AND c.n > @least', { city: 'Leeds', least: 1 }), [
    'C',
  ]);
  assert.deepEqual(ask('SELECT VALUE c.id FROM c WHERE ARRAY_CONTAINS(@ids, c.id)', { ids: ['A', 'C'] }), ['A', 'C']);
  assert.deepEqual(ask('SELECT VALUE c[@name] FROM c', { name: 'n' }), [1, 2, 2.5]);
});

/** What the service refuses, and with which code. */
const refusals: readonly (readonly [string, string])[] = [
  ['', 'SC1001'],
  ['SELECT', 'SC1001'],
  ['SELECT * FROM c WHERE', 'SC1001'],
  ['SELECT * FROM c WHERE c.n = ', 'SC1001'],
  ['SELECT * FROM c WHERE c.n == 1', 'SC1001'],
  ['SELECT c.inner FROM c', 'SC1001'],
  ['SELECT c.order FROM c', 'SC1001'],
  ['SELECT VALUE c.value FROM c', 'SC1001'],
  ['SELECT * FROM c; DROP', 'SC1001'],
  ["SELECT 'open FROM c", 'SC1001'],
  ['SELECT * FROM c WHERE c.n IN ()', 'SC1001'],
  ["SELECT VALUE 'a' LIKE 'a' ESCAPE 'ab'", 'SC1001'],
  ['SELECT VALUE 1e999', 'SC1001'],
  ['SELECT x.id FROM c', 'SC2001'],
  ['SELECT VALUE t FROM c JOIN t IN d.tags', 'SC2001'],
  ['SELECT * FROM c JOIN t IN c.tags', 'SC2003'],
  ['SELECT *', 'SC2003'],
  ['SELECT VALUE NOSUCH(1)', 'SC2005'],
  ['SELECT VALUE ABS()', 'SC2050'],
  ['SELECT VALUE ABS(1, 2)', 'SC2050'],
  ['SELECT VALUE COUNT(1, 2) FROM c', 'SC2050'],
  ['SELECT c.id, COUNT(1) FROM c', 'SC2102'],
  ['SELECT c.id FROM c GROUP BY c.city', 'SC2102'],
  ['SELECT VALUE ARRAY(SELECT VALUE t FROM t IN c.tags ORDER BY t) FROM c', 'SC2202'],
  ['SELECT VALUE (SELECT TOP 1 VALUE t FROM t IN c.tags) FROM c', 'SC2203'],
  ['SELECT VALUE ARRAY(SELECT VALUE t FROM t IN c.tags OFFSET 0 LIMIT 1) FROM c', 'SC2204'],
  ['SELECT VALUE ST_DISTANCE(c.a, c.b) FROM c', 'SC9001'],
  ['SELECT VALUE FULLTEXTCONTAINS(c.a, "b") FROM c', 'SC9001'],
  ['SELECT VALUE udf.mine(c.a) FROM c', 'SC9001'],
  ['SELECT * FROM c WHERE COUNT(1) > 1', 'SC9003'],
  ['SELECT c.id, c.id FROM c', 'SC9003'],
  ['SELECT VALUE t FROM c JOIN t IN c.tags JOIN t IN c.tags', 'SC9003'],
  ['SELECT VALUE @missing FROM c', 'SC9003'],
  ['SELECT VALUE REGEXMATCH("a", "(") FROM c', 'SC9003'],
  [`SELECT VALUE ${'('.repeat(5000)}1${')'.repeat(5000)}`, 'SC9002'],
  [`SELECT VALUE ${'NOT '.repeat(5000)}true`, 'SC9002'],
  [`SELECT VALUE ${'-'.repeat(3)}${'- '.repeat(5000)}1`, 'SC1001'],
  [`SELECT VALUE ${'1+'.repeat(5000)}1`, 'SC9002'],
  [`SELECT VALUE c${'.a'.repeat(5000)} FROM c`, 'SC9002'],
  [`SELECT VALUE ${'true AND '.repeat(5000)}true`, 'SC9002'],
  [`SELECT VALUE "${'x'.repeat(300_000)}"`, 'SC9002'],
  [`SELECT VALUE 1 FROM c ${'JOIN t IN c.tags '.repeat(6)}`, 'SC9002'],
];

test('what the service refuses is refused with its code, what this server does not have with one of its own', () => {
  for (const [sql, code] of refusals) assert.equal(refusal(sql), code, sql.slice(0, 100));
});

test('an error names the place', () => {
  assert.throws(() => ask('SELECT c.inner FROM c'), /"location":\{"start":9,"end":14\}.*incorrect syntax near 'inner'/);
});
