import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allRoutes } from '../../test/support/all-routes.ts';
import { mismatches } from '../../test/support/matches-schema.ts';
import { descriptions } from './descriptions.ts';
import { isDescribed, openApi } from './open-api.ts';
import { list, object, oneOf, text, time, whole } from './schema.ts';

test('every route that is not FHIR’s or a page is described, and nothing else is', () => {
  const routes = allRoutes.filter(isDescribed).map(({ name }) => name);
  assert.deepEqual(Object.keys(descriptions).sort(), routes.sort());
});

test('a route that nobody described stops the start', () => {
  const route = { name: 'new', method: 'GET', route: 'new', policy: 'public', errors: 'problem' } as const;
  assert.throws(() => openApi([route], ''), /Nothing describes the route new/);
});

test('each operation names its path parameters, who may use it and what it answers', () => {
  const { paths } = openApi(allRoutes, 'https://wardline.test') as {
    paths: Record<
      string,
      Record<
        string,
        { parameters?: { name: string; in: string }[]; responses: object; security: object[]; description: string }
      >
    >;
  };
  for (const route of allRoutes.filter(isDescribed)) {
    const operation = paths[`/${route.route}`]?.[route.method.toLowerCase()];
    assert.ok(operation, route.name);
    const wanted = [...route.route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const named = (operation.parameters ?? []).filter((one) => one.in === 'path').map(({ name }) => name);
    assert.deepEqual(named, wanted, route.name);
    assert.equal(operation.security.length, route.policy === 'public' ? 0 : 1);
    assert.match(operation.description, route.policy === 'public' ? /Anybody/ : new RegExp(`${route.policy}: \\w`));
    assert.ok('default' in operation.responses && Object.keys(operation.responses).length > 1);
  }
});

test('what does not match a description is found', () => {
  const schema = object({ name: text, 'at?': time, kinds: list(oneOf('a', 'b')), count: whole });
  assert.deepEqual(mismatches(schema, { name: 'x', kinds: ['a'], count: 1 }), []);
  const bad = { name: 1, at: 'today', kinds: ['c'], more: true };
  assert.equal(mismatches(schema, bad).length, 5);
  for (const value of [null, [], 'x']) assert.equal(mismatches(schema, value).length, 1);
});
