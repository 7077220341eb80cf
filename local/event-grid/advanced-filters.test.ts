import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operators, passes, readAdvancedFilters } from './advanced-filters.ts';
import type { EventGridError } from './errors.ts';

const event = {
  specversion: '1.0',
  id: 'e1',
  type: 'Bed.Moved',
  subject: 'Encounter/7',
  data: { n: 5, text: 'North-Wing', flag: true, none: null, list: [1, 9], deep: { er: 'x' } },
};
const match = (operatorType: string, key: string, operand: object = {}, onArrays = false): boolean =>
  readAdvancedFilters([{ operatorType, key, ...operand }]).every((one) => passes(event, one, onArrays));

/** Operator, key, operand, whether the event passes; every operator at both sides of its boundary. */
const table: readonly [string, string, object, boolean][] = [
  ['NumberIn', 'data.n', { values: [4, 5] }, true],
  ['NumberIn', 'data.n', { values: [4, 6] }, false],
  ['NumberNotIn', 'data.n', { values: [4, 6] }, true],
  ['NumberNotIn', 'data.n', { values: [5] }, false],
  ['NumberLessThan', 'data.n', { value: 5.1 }, true],
  ['NumberLessThan', 'data.n', { value: 5 }, false],
  ['NumberGreaterThan', 'data.n', { value: 4.9 }, true],
  ['NumberGreaterThan', 'data.n', { value: 5 }, false],
  ['NumberLessThanOrEquals', 'data.n', { value: 5 }, true],
  ['NumberLessThanOrEquals', 'data.n', { value: 4.9 }, false],
  ['NumberGreaterThanOrEquals', 'data.n', { value: 5 }, true],
  ['NumberGreaterThanOrEquals', 'data.n', { value: 5.1 }, false],
  [
    'NumberInRange',
    'data.n',
    {
      values: [
        [1, 2],
        [5, 6],
      ],
    },
    true,
  ],
  ['NumberInRange', 'data.n', { values: [[1, 4.9]] }, false],
  ['NumberNotInRange', 'data.n', { values: [[1, 4.9]] }, true],
  ['NumberNotInRange', 'data.n', { values: [[5, 5]] }, false],
  ['BoolEquals', 'data.flag', { value: true }, true],
  ['BoolEquals', 'data.flag', { value: false }, false],
  ['StringIn', 'data.text', { values: ['north-wing'] }, true],
  ['StringIn', 'data.text', { values: ['north'] }, false],
  ['StringNotIn', 'data.text', { values: ['north'] }, true],
  ['StringNotIn', 'data.text', { values: ['NORTH-WING'] }, false],
  ['StringContains', 'data.text', { values: ['TH-W'] }, true],
  ['StringContains', 'data.text', { values: ['south'] }, false],
  ['StringNotContains', 'data.text', { values: ['south'] }, true],
  ['StringNotContains', 'data.text', { values: ['south', 'wing'] }, false],
  ['StringBeginsWith', 'data.text', { values: ['x', 'north'] }, true],
  ['StringBeginsWith', 'data.text', { values: ['wing'] }, false],
  ['StringNotBeginsWith', 'data.text', { values: ['wing'] }, true],
  ['StringNotBeginsWith', 'data.text', { values: ['NORTH'] }, false],
  ['StringEndsWith', 'data.text', { values: ['WING'] }, true],
  ['StringEndsWith', 'data.text', { values: ['north'] }, false],
  ['StringNotEndsWith', 'data.text', { values: ['north'] }, true],
  ['StringNotEndsWith', 'data.text', { values: ['wing'] }, false],
  ['IsNullOrUndefined', 'data.none', {}, true],
  ['IsNullOrUndefined', 'data.missing', {}, true],
  ['IsNullOrUndefined', 'data.n', {}, false],
  ['IsNotNull', 'data.n', {}, true],
  ['IsNotNull', 'data.none', {}, false],
];

test('every operator decides as documented, on both sides of its boundary', () => {
  for (const [operator, key, operand, expected] of table)
    assert.equal(match(operator, key, operand), expected, `${operator} ${JSON.stringify(operand)}`);
  assert.deepEqual([...new Set(table.map(([operator]) => operator))].sort(), [...operators].sort());
});

test('a missing key passes negated operators only', () => {
  for (const [operator, , operand] of table) {
    const passesWithoutKey = /Not(?!Null)/.test(operator) || operator === 'IsNullOrUndefined';
    assert.equal(match(operator, 'data.missing', operand), passesWithoutKey, operator);
  }
});

test('keys find fields at the top and deep inside, in any case, and by Event Grid’s own names', () => {
  assert.ok(match('StringIn', 'Subject', { values: ['encounter/7'] }));
  assert.ok(match('StringIn', 'EventType', { values: ['bed.moved'] }));
  assert.ok(match('StringIn', 'EventId', { values: ['e1'] }));
  assert.ok(match('StringIn', 'Data.Deep.Er', { values: ['x'] }));
  assert.ok(!match('StringIn', 'data.text.length', { values: ['10'] }));
});

test('arrays are looked into only when the subscription says so', () => {
  assert.ok(match('NumberIn', 'data.list', { values: [9] }, true));
  assert.ok(!match('NumberIn', 'data.list', { values: [9] }, false));
  assert.ok(!match('NumberNotIn', 'data.list', { values: [9] }, true));
});

test('a filter that cannot work is refused with its place and what it takes', () => {
  const refused: readonly [unknown, RegExp][] = [
    [{}, /must be an array/],
    [[null], /operatorType/],
    [[{ operatorType: 'Regex', key: 'a', values: ['x'] }], /advancedFilters\[0\].*"Regex" is unknown/],
    [[{ operatorType: 'StringIn', values: ['x'] }], /key must name/],
    [[{ operatorType: 'StringIn', key: 'a', values: [] }], /values is missing/],
    [[{ operatorType: 'StringIn', key: 'a', values: [1] }], /takes texts/],
    [[{ operatorType: 'StringIn', key: 'a', values: ['x'.repeat(513)] }], /512 characters/],
    [[{ operatorType: 'NumberIn', key: 'a', values: ['1'] }], /takes numbers/],
    [[{ operatorType: 'NumberLessThan', key: 'a' }], /value takes numbers/],
    [[{ operatorType: 'NumberInRange', key: 'a', values: [[2, 1]] }], /pairs of numbers/],
    [[{ operatorType: 'BoolEquals', key: 'a', value: 'true' }], /true or false/],
    [Array(26).fill({ operatorType: 'IsNotNull', key: 'a' }), /at most 25 advanced filters/],
    [[{ operatorType: 'NumberIn', key: 'a', values: Array(26).fill(1) }], /at most 25 values/],
  ];
  for (const [filters, message] of refused)
    assert.throws(
      () => readAdvancedFilters(filters),
      (error: EventGridError) => error.status === 400 && message.test(error.message),
      JSON.stringify(filters)?.slice(0, 80),
    );
});
