import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeList, encodeMap, encodeText } from '../amqp/encoded.ts';
import { encodeScalar, type Scalar } from '../amqp/scalar.ts';
import { section } from '../amqp/sections.ts';
import { applyRules } from './apply-rules.ts';
import { compileRule } from './rule.ts';
import { RuleMessage } from './rule-message.ts';
import { compileAction } from './sql-action.ts';
import { compileFilter } from './sql-filter.ts';
import { SqlSyntaxError } from './sql-lexer.ts';
import { FilterEvaluationError } from './sql-values.ts';

const newId = (): string => '00000000-0000-0000-0000-000000000001';

function messageWith(user: Readonly<Record<string, Scalar>>): Buffer {
  const properties = encodeMap(
    new Map(Object.entries(user).map(([name, value]) => [name, encodeScalar(value)])),
    'string',
  );
  const fields = encodeList([encodeText('m1'), Buffer.of(0x40), encodeText('you'), encodeText('bed-moved')]);
  return Buffer.concat([
    Buffer.of(0, 0x53, section.properties),
    fields,
    Buffer.of(0, 0x53, section.applicationProperties),
    properties,
    Buffer.of(0, 0x53, section.data, 0xa0, 1, 7),
  ]);
}

const bytes = messageWith({
  ward: 'J09',
  beds: 3n,
  temperature: 37.5,
  isolated: true,
  empty: null,
  at: new Date(1000),
  'odd name': 1n,
  per: '50%_x',
});
const message = new RuleMessage(bytes, 5000);
const matches = (sql: string, parameters = {}): boolean => compileFilter(sql, parameters)({ message, newId });

const truths: readonly (readonly [sql: string, holds: boolean])[] = [
  ['1=1', true],
  ['1=0', false],
  ["ward = 'J09'", true],
  ["ward = 'j09'", false],
  ["WARD = 'J09'", false],
  ["ward <> 'J10' and beds = 3", true],
  ["ward != 'J10' AND NOT beds = 4", true],
  ['beds > 2', true],
  ['beds >= 3 AND beds <= 3', true],
  ['beds = 3.0', true],
  ['beds + 1 = 4 AND beds - 1 = 2 AND beds * 2 = 6 AND beds / 2 = 1 AND beds % 2 = 1', true],
  ['-beds = -3', true],
  ['- -beds = 3', true],
  ['2 + 3 * 2 = 8', true],
  ['(2 + 3) * 2 = 10', true],
  ['((beds)) = 3', true],
  ['(beds = 3)', true],
  ['temperature > 37', true],
  ['temperature / 2 = 18.75', true],
  ["'a' + 'b' = 'ab'", true],
  ['isolated', true],
  ['isolated = TRUE', true],
  ['NOT isolated', false],
  ['nowhere = 1', false],
  ['NOT nowhere = 1', false],
  ['nowhere = 1 OR beds = 3', true],
  ['nowhere IS NULL', true],
  ['beds IS NULL', false],
  ['beds IS NOT NULL', true],
  ['empty IS NULL', true],
  ['EXISTS (beds)', true],
  ['exists(nowhere)', false],
  ['EXISTS(user.ward) AND EXISTS(sys.MessageId)', true],
  ["ward IN ('J10', 'J09')", true],
  ["ward NOT IN ('J10')", true],
  ['nowhere IN (1)', false],
  ['beds IN (1, NULL, 3)', true],
  ['beds NOT IN (1, NULL)', false],
  ["ward LIKE 'J%'", true],
  ["ward LIKE 'J__'", true],
  ["ward LIKE 'J_'", false],
  ["ward NOT LIKE 'K%'", true],
  ["per LIKE '50\\%\\_x' ESCAPE '\\'", true],
  ["ward LIKE 'J\\%' ESCAPE '\\'", false],
  ["ward LIKE '%0%9%'", true],
  ["sys.Label LIKE 'bed-%'", true],
  ["sys.messageid = 'm1' AND sys.To = 'you'", true],
  ['sys.CorrelationId IS NULL', true],
  ["user.ward = 'J09'", true],
  ['[odd name] = 1', true],
  ['"odd name" = 1', true],
  ["property('odd name') = 1 AND p('beds') = 3", true],
  ['newid() IS NOT NULL', true],
  ["ward = 'it''s'", false],
  ["beds = '3'", false],
  ["beds <> '3'", true],
  ["beds < 'x'", false],
  ['0x1F = 31', true],
  ['1e2 = 100', true],
  ['9223372036854775807 + 1 < 0', true],
  ['sys.EnqueuedTimeUtc > at', true],
];

for (const [sql, holds] of truths)
  test(`${sql} is ${holds}`, () => {
    assert.equal(matches(sql), holds);
  });

const refused = [
  '',
  'beds =',
  '= 3',
  'beds = = 3',
  'beds = 3 beds',
  '(beds = 3',
  'beds = 3)',
  'beds IN ()',
  'beds IN (1,',
  'beds IS 3',
  'beds NOT 3',
  'EXISTS beds',
  "'unclosed",
  '[unclosed',
  'sys.Nonsense = 1',
  'other.beds = 1',
  'sqrt(beds) = 1',
  '@missing = 1',
  'beds # 3',
  `${'('.repeat(100)}1${')'.repeat(100)} = 1`,
  `beds = ${'1'.repeat(1025)}`,
];
for (const sql of refused)
  test(`"${sql.slice(0, 30)}" is no filter`, () => {
    assert.throws(() => compileFilter(sql), SqlSyntaxError);
  });

test('what cannot be computed for a message is an error of the filter, not a no', () => {
  for (const sql of ['beds / 0 = 1', 'beds % 0 = 1', "ward + 1 = 'x'", "ward LIKE 'x' ESCAPE 'ab'"])
    assert.throws(() => matches(sql), FilterEvaluationError);
});

test('parameters stand for values of every type', () => {
  assert.ok(matches('ward = @w AND beds = @b', { '@w': 'J09', '@b': 3n }));
});

test('nesting and backtracking stay cheap', () => {
  const began = performance.now();
  const nested = `${'('.repeat(60)}1${' + 1)'.repeat(60)} = 61`;
  assert.ok(matches(nested));
  assert.equal(matches(`per LIKE '${'%a'.repeat(400)}'`), false);
  assert.ok(performance.now() - began < 1000);
});

test('actions set and remove properties, one after the other, with the types of what they compute', () => {
  const changed = new RuleMessage(bytes, 0);
  compileAction("SET beds = beds + 1; SET half = beds / 2.0; SET copy = at; REMOVE ward; SET sys.Label = 'x';")({
    message: changed,
    newId,
  });
  assert.equal(changed.userProperty('beds'), 4n);
  assert.equal(changed.userProperty('half'), 2);
  assert.deepEqual(changed.userProperty('copy'), new Date(1000));
  assert.equal(changed.userProperty('ward'), undefined);
  assert.equal(changed.system('label'), 'x');
});

test('actions that are none are refused', () => {
  for (const sql of ['', 'beds = 1', 'SET beds', 'SET beds = ', 'REMOVE', 'SET a = 1 SET b = 2', 'SET sys.Size = 1'])
    assert.throws(() => compileAction(sql), SqlSyntaxError);
});

test('a correlation filter asks for all that it names, and must name something', () => {
  const filter = (fields: object, properties: Readonly<Record<string, Scalar>> = {}) => {
    const encoded = Object.entries(properties).map(([name, value]) => [name, encodeScalar(value).toString('base64')]);
    const correlation = { kind: 'correlation' as const, fields, properties: Object.fromEntries(encoded) };
    return compileRule({ name: 'r', filter: correlation, created: 0 }).matches({ message, newId });
  };
  assert.ok(filter({ label: 'bed-moved' }, { ward: 'J09', beds: 3n, at: new Date(1000) }));
  assert.ok(!filter({ label: 'bed-moved' }, { ward: 'J10' }));
  assert.ok(!filter({ correlationid: 'c' }));
  assert.throws(() => filter({}));
});

test('rules without action give one copy of the very bytes, each with an action one more', () => {
  const rule = (name: string, expression: string, action?: string) =>
    compileRule({
      name,
      filter: { kind: 'sql', expression },
      created: 0,
      ...(action === undefined ? {} : { action: { expression: action } }),
    });
  const rules = [rule('a', 'beds = 3'), rule('b', '1=1'), rule('c', '1=1', 'SET n = 1'), rule('d', '1=0', 'SET n = 2')];
  const [first, second, ...others] = applyRules(rules, bytes, 0, newId);
  assert.equal(first, bytes);
  assert.equal(new RuleMessage(second ?? bytes, 0).userProperty('n'), 1n);
  assert.equal(new RuleMessage(second ?? bytes, 0).userProperty('RuleName'), 'c');
  assert.equal(others.length, 0);
});
