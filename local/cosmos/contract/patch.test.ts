import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Container, PatchRequestBody } from '@azure/cosmos';
import { type Account, openAccount, statusOf } from './account.ts';

let account: Account;
let items: Container;
let count = 0;
before(async () => {
  account = await openAccount();
  items = await account.container();
});
after(() => account.close());

async function patched(document: object, body: PatchRequestBody): Promise<Record<string, unknown>> {
  const id = `p${++count}`;
  await items.items.create({ id, partition: 'a', ...document });
  await items.item(id, 'a').patch(body);
  const { resource } = await items.item(id, 'a').read<Record<string, unknown>>();
  const own = Object.entries(resource ?? {}).filter(
    ([name]) => !name.startsWith('_') && !['id', 'partition'].includes(name),
  );
  return Object.fromEntries(own);
}

const refused = async (document: object, body: unknown): Promise<string> => {
  const id = `p${++count}`;
  const { etag } = await items.items.create({ id, partition: 'a', ...document });
  const status = await statusOf(items.item(id, 'a').patch(body as PatchRequestBody));
  assert.equal((await items.item(id, 'a').read()).etag, etag, 'a refused patch changes nothing');
  return status;
};

test('every operation does what is documented', async () => {
  const list = { list: [1, 2, 3] };
  const cases: [object, PatchRequestBody, object][] = [
    [{}, [{ op: 'add', path: '/a', value: 1 }], { a: 1 }],
    [{ a: 1 }, [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
    [list, [{ op: 'add', path: '/list/1', value: 9 }], { list: [1, 9, 2, 3] }],
    [list, [{ op: 'add', path: '/list/-', value: 9 }], { list: [1, 2, 3, 9] }],
    [list, [{ op: 'set', path: '/list/1', value: 9 }], { list: [1, 9, 3] }],
    [{ a: { b: 1 } }, [{ op: 'set', path: '/a/c', value: null }], { a: { b: 1, c: null } }],
    [{ a: 1 }, [{ op: 'replace', path: '/a', value: { b: 1 } }], { a: { b: 1 } }],
    [{ a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    [list, [{ op: 'remove', path: '/list/0' }], { list: [2, 3] }],
    [{ n: 1 }, [{ op: 'incr', path: '/n', value: 2.5 }], { n: 3.5 }],
    [{}, [{ op: 'incr', path: '/n', value: -1 }], { n: -1 }],
    // The SDK's types do not know `move`; the service does.
    [{ a: { b: 1 } }, [{ op: 'move', from: '/a/b', path: '/c' } as never], { a: {}, c: 1 }],
    [
      { 'a/b': 1, 'c~d': 2 },
      [
        { op: 'set', path: '/a~1b', value: 3 },
        { op: 'remove', path: '/c~0d' },
      ],
      { 'a/b': 3 },
    ],
  ];
  for (const [document, body, expected] of cases) assert.deepEqual(await patched(document, body), expected);
});

test('operations are done in their order, wholly or not at all', async () => {
  assert.deepEqual(
    await patched({}, [
      { op: 'add', path: '/a', value: [] },
      { op: 'add', path: '/a/-', value: 1 },
      { op: 'incr', path: '/a/0', value: 1 },
    ]),
    { a: [2] },
  );
  assert.equal(
    await refused({}, [
      { op: 'add', path: '/a', value: 1 },
      { op: 'replace', path: '/missing', value: 1 },
    ]),
    '400',
  );
});

test('a condition decides, names and text as they are written', async () => {
  const body = (condition: string): PatchRequestBody => ({
    condition,
    operations: [{ op: 'set', path: '/done', value: true }],
  });
  const document = { Status: 'Open', n: 3 };
  assert.equal((await patched(document, body("from c where c.Status = 'Open' and c.n > 2")))['done'], true);
  assert.match(await refused(document, body("from c where c.Status = 'open'")), /^412/);
  assert.match(await refused(document, body("from c where c.status = 'Open'")), /^412/);
});

test('what a patch may not do is refused and changes nothing', async () => {
  const one = (op: object) => refused({ a: 1, list: [1] }, [op]);
  assert.equal(await one({ op: 'set', path: '/id', value: 'x' }), '400');
  assert.equal(await one({ op: 'set', path: '/partition', value: 'b' }), '400');
  assert.equal(await one({ op: 'set', path: '/_ts', value: 1 }), '400');
  assert.equal(await one({ op: 'remove', path: '/b' }), '400');
  assert.equal(await one({ op: 'set', path: '/b/c', value: 1 }), '400');
  assert.equal(await one({ op: 'add', path: '/list/5', value: 1 }), '400');
  assert.equal(await one({ op: 'incr', path: '/list', value: 1 }), '400');
  assert.equal(await one({ op: 'set', path: 'a', value: 1 }), '400');
  assert.equal(await refused({}, []), '400');
  const eleven = Array.from({ length: 11 }, (_, n) => ({ op: 'set' as const, path: `/p${n}`, value: n }));
  assert.equal(Object.keys(await patched({}, eleven.slice(1))).length, 10);
  assert.equal(await refused({}, eleven), '400');
});

test('a patch reaches only what the document holds', async () => {
  assert.equal(await refused({}, [{ op: 'set', path: '/__proto__/polluted', value: 1 }]), '400');
  assert.equal(await refused({}, [{ op: 'set', path: '/constructor/prototype', value: 1 }]), '400');
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});
