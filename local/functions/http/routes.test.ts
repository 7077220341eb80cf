import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Binding, RegisteredFunction } from '../core-api.ts';
import { matchRoute, readRoutes } from './routes.ts';

const one = (name: string, route: string, methods = ['GET']): RegisteredFunction => {
  const binding: Binding = { type: 'httpTrigger', direction: 'in', route, methods };
  return {
    id: name,
    name,
    bindings: { b: binding },
    trigger: { name: 'b', binding },
    retry: undefined,
    callback: () => {},
  };
};
const match = (routes: readonly string[], path: string): [string, Readonly<Record<string, string>>] | undefined => {
  const found = matchRoute(
    readRoutes(
      routes.map((route, index) => one(`f${index}`, route)),
      '',
    ),
    'GET',
    path,
  );
  return found && [found.route.template, found.params];
};

test('the most particular route answers, in whatever order they were registered', () => {
  const routes = [
    '{a}/{b}',
    'fhir/{type}/{id?}',
    'fhir/$export',
    'fhir/{type}/_search',
    '{*rest}',
    'fhir/{type:alpha}',
  ];
  for (const order of [routes, [...routes].reverse()]) {
    assert.deepEqual(match(order, '/fhir/$export'), ['fhir/$export', {}]);
    assert.deepEqual(match(order, '/fhir/Patient'), ['fhir/{type:alpha}', { type: 'Patient' }]);
    assert.deepEqual(match(order, '/fhir/Patient1'), ['fhir/{type}/{id?}', { type: 'Patient1' }]);
    assert.deepEqual(match(order, '/fhir/Patient/7'), ['fhir/{type}/{id?}', { type: 'Patient', id: '7' }]);
    assert.deepEqual(match(order, '/fhir/Patient/_search'), ['fhir/{type}/_search', { type: 'Patient' }]);
    assert.deepEqual(match(order, '/other/x'), ['{a}/{b}', { a: 'other', b: 'x' }]);
    assert.deepEqual(match(order, '/a/b/c'), ['{*rest}', { rest: 'a/b/c' }]);
    assert.deepEqual(match(order, '/'), ['{*rest}', { rest: '' }]);
  }
});

test('constraints hold at their bounds', () => {
  const fits: Readonly<Record<string, readonly (readonly [string, boolean])[]>> = {
    int: [
      ['0', true],
      ['-2147483648', true],
      ['2147483647', true],
      ['2147483648', false],
      ['1.0', false],
      ['x', false],
    ],
    long: [
      ['9223372036854775807', true],
      ['9223372036854775808', false],
    ],
    bool: [
      ['true', true],
      ['FALSE', true],
      ['1', false],
    ],
    guid: [
      ['11111111-2222-3333-4444-555555555555', true],
      ['11111111222233334444555555555555', true],
      ['1111', false],
    ],
    decimal: [
      ['1.5', true],
      ['1e5', false],
      ['.5', true],
    ],
    double: [
      ['1e5', true],
      ['x', false],
    ],
    datetime: [
      ['2026-11-25', true],
      ['yesterday', false],
    ],
    alpha: [
      ['abc', true],
      ['ab1', false],
    ],
    'length(3)': [
      ['abc', true],
      ['ab', false],
      ['abcd', false],
    ],
    'length(2,3)': [
      ['a', false],
      ['ab', true],
      ['abc', true],
      ['abcd', false],
    ],
    'minlength(2)': [
      ['a', false],
      ['ab', true],
    ],
    'maxlength(2)': [
      ['ab', true],
      ['abc', false],
    ],
    'min(5)': [
      ['4', false],
      ['5', true],
    ],
    'max(5)': [
      ['5', true],
      ['6', false],
    ],
    'range(5,7)': [
      ['4', false],
      ['5', true],
      ['7', true],
      ['8', false],
    ],
    'regex(^[a-c]+$)': [
      ['abc', true],
      ['abd', false],
    ],
    'int:min(5)': [
      ['5', true],
      ['4', false],
    ],
  };
  for (const [constraint, values] of Object.entries(fits))
    for (const [value, expected] of values)
      assert.equal(match([`x/{a:${constraint}}`], `/x/${value}`) !== undefined, expected, `${constraint} ${value}`);
});

test('templates that are wrong are refused with what is wrong', () => {
  const wrong: Readonly<Record<string, RegExp>> = {
    'x/{id': /no "}"/,
    'x/id}': /no "\{"/,
    'x//y': /empty/,
    'x/{a}/{A}': /twice/,
    '{*rest}/x': /last segment/,
    '{a?}/x': /at the end/,
    'x/{a:nosuch}': /"nosuch" is unknown/,
    'x/{a:min(b)}': /unknown/,
    'x/{1a}': /no parameter/,
    'x/{a}{b}': /text between/,
    'x?y=1': /part of a path/,
  };
  for (const [template, message] of Object.entries(wrong))
    assert.throws(() => readRoutes([one('f', template)], ''), message, template);
});

test('reserved words and routes that are taken are refused; other methods or other words are not', () => {
  for (const route of ['admin', 'admin/x', 'Runtime/y', '/admin/x'])
    assert.throws(() => readRoutes([one('f', route)], ''), /reserved word/, route);
  assert.doesNotThrow(() => readRoutes([one('f', 'administration'), one('g', 'admin')], 'api'));
  assert.throws(() => readRoutes([one('f', 'x/{a}'), one('g', 'X/{b}')], ''), /"f" and "g" have the same route: GET/);
  assert.doesNotThrow(() => readRoutes([one('f', 'x/{a}'), one('g', 'x/{b}', ['POST'])], ''));
  assert.doesNotThrow(() => readRoutes([one('f', 'x/{a}'), one('g', 'x/{b:int}')], ''));
});
