import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type HttpApp, openHttpApp } from '../fixtures/http-app.ts';

let app: HttpApp;
before(async () => {
  app = await openHttpApp();
});
after(() => app?.stop());

const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${app.endpoint}/${path}`, init);
const answer = async (path: string): Promise<Record<string, unknown>> => (await get(path)).json() as never;

test('a route takes what is written out first, then what its constraint fits, then anything, then the rest', async () => {
  assert.equal((await answer('api/items/special'))['name'], 'special');
  assert.equal((await answer('api/ITEMS/Special'))['name'], 'special', 'in any case');
  assert.deepEqual((await answer('api/items/42'))['params'], { id: '42' });
  assert.deepEqual((await answer('api/items/4x'))['params'], { name: '4x' });
  assert.deepEqual((await answer('api/items/a/b%20c/'))['params'], { tail: 'a/b c' });
  assert.deepEqual((await answer('api/years'))['params'], {});
  assert.deepEqual((await answer('api/years/1987'))['params'], { year: '1987' });
  assert.equal((await get('api/years/2200')).status, 404);
  assert.deepEqual((await answer('api/pages'))['params'], { page: '1' });
  assert.deepEqual((await answer('api/reports/ward.j09.csv'))['params'], { name: 'ward.j09', extension: 'csv' });
  assert.equal((await answer('api/Patient/$export'))['name'], 'export');
});

test('an app setting comes before host.json', async () => {
  assert.equal((await get('v1/items/1')).status, 404);
  assert.equal((await get('api/items/1')).status, 200);
});

test('encoded segments are decoded, a slash within one stays encoded, and what is no encoding stays as it is', async () => {
  assert.deepEqual((await answer('api/items/a%2Fb'))['params'], { name: 'a%2Fb' });
  assert.deepEqual((await answer('api/items/%C3%A4'))['params'], { name: 'ä' });
  assert.deepEqual((await answer('api/items/%zz'))['params'], { name: '%zz' });
  assert.deepEqual((await answer('api/items/%ff'))['params'], { name: '%ff' });
  assert.equal((await get('api/items/%00')).status, 400);
  const asked = await answer('api/items/x?a=1&b=%C3%A4&a=2');
  assert.deepEqual(asked['query'], { a: '1,2', b: 'ä' });
  assert.equal(asked['url'], `${app.endpoint}/api/items/x?a=1&b=%C3%A4&a=2`);
});

test('every method reaches its function; HEAD has the headers and no body; GET and POST are the default', async () => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const response = await get('api/everything', { method, ...(/GET|OPTIONS/.test(method) ? {} : { body: 'four' }) });
    assert.equal(response.headers.get('x-method'), method);
    assert.equal(response.headers.get('x-body'), /GET|OPTIONS/.test(method) ? '0' : '4');
    assert.equal(await response.text(), 'the body');
  }
  const head = await get('api/everything', { method: 'HEAD' });
  assert.equal(head.headers.get('x-method'), 'HEAD');
  assert.equal(head.headers.get('content-length'), '8');
  assert.equal(await head.text(), '');
  assert.equal(await (await get('api/defaults', { method: 'POST' })).text(), 'POST');
  assert.equal((await get('api/defaults', { method: 'PUT' })).status, 404);
});

test('headers of host.json are on every answer; cookies are written in full', async () => {
  const response = await get('api/cookies');
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  assert.equal((await get('nowhere')).headers.get('x-content-type-options'), 'nosniff');
  assert.deepEqual(response.headers.getSetCookie(), [
    'a=b%20c; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict',
    'd=e; Domain=localhost; Expires=Wed, 02 Jan 2030 03:04:05 GMT; SameSite=None',
    'f=g',
  ]);
});

test('hooks see and change handlers, results and errors', async () => {
  const hooked = await get('api/hooked');
  assert.equal(hooked.status, 203);
  assert.deepEqual(await hooked.json(), { replaced: true, hooks: ['appStart'] });
  assert.equal(await (await get('api/rescued')).text(), 'rescued');
});

test('a trace of the caller goes on, with its state; without one, or with a wrong one, a new trace begins', async () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const went = await (await get('api/trace', { headers: { traceparent, tracestate: 'a=b' } })).json();
  assert.deepEqual(went, { traceParent: traceparent, traceState: 'a=b', attributes: {} });
  for (const headers of [{}, { traceparent: 'rubbish' }] as Record<string, string>[]) {
    const begun = (await (await get('api/trace', { headers })).json()) as { traceParent: string };
    assert.match(begun.traceParent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  }
});
