import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNhsNumber } from './nhs-number.ts';

test('ten digits with their check digit are an NHS number', () => {
  for (const number of ['9434765919', '4010232137', '9990000018']) assert.ok(isNhsNumber(number), number);
});

test('a remainder of 0 has check digit 0', () => assert.ok(isNhsNumber('9876543210')));

test('another check digit, length or character is none', () => {
  for (const text of ['9434765918', '943476591', '94347659190', '943476591X', '943 476 5919', ''])
    assert.equal(isNhsNumber(text), false, text);
});

test('one digit ten times is none, although its check digit may be right', () => {
  for (const digit of '0123456789') assert.equal(isNhsNumber(digit.repeat(10)), false, digit);
});

test('nine digits whose check digit would be 10 have no NHS number', () => {
  for (const digit of '0123456789') assert.equal(isNhsNumber(`999000000${digit}`), false, digit);
});
