import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonical, genesis, type Link, linkOf, proveChain } from './chain.ts';
import type { AuditEntry } from './entry.ts';

const entry = (id: string): AuditEntry => ({
  id,
  trust: 'RR8',
  recorded: '2026-11-24T10:00:00.000Z',
  action: 'R',
  subtype: 'read',
  outcome: '0',
  agent: { id: 'a', role: 'nurse', kind: 'staff', trust: 'RR8' },
  policy: 'record:read',
  patients: [],
  entities: [],
  traceparent: '',
});

function chain(length: number): { links: Link[]; head: { seq: number; hash: string } } {
  const links: Link[] = [];
  for (let seq = 1; seq <= length; seq++) links.push(linkOf(seq, links.at(-1)?.hash ?? genesis, entry(`e${seq}`)));
  return { links, head: { seq: length, hash: links.at(-1)?.hash ?? genesis } };
}

test('a chain that nobody touched is whole', () => {
  const { links, head } = chain(5);
  assert.equal(proveChain(links, genesis, head), undefined);
});

test('an edited row is named', () => {
  const { links, head } = chain(5);
  const edited = links.map((link) =>
    link.seq === 3 ? { ...link, entry: { ...link.entry, outcome: '4' as const } } : link,
  );
  assert.equal(proveChain(edited, genesis, head)?.id, 'e3');
});

test('a removed row is named by the one after it, the last one by the head', () => {
  const { links, head } = chain(5);
  assert.match(
    proveChain(
      links.filter(({ seq }) => seq !== 2),
      genesis,
      head,
    )?.what ?? '',
    /row 2 .*removed/,
  );
  assert.match(proveChain(links.slice(0, 4), genesis, head)?.what ?? '', /end/);
});

test('an added row and a moved row are named', () => {
  const { links, head } = chain(4);
  const [first, second, third, fourth] = links;
  assert.ok(first && second && third && fourth);
  assert.equal(
    proveChain([first, second, linkOf(2, first.hash, entry('forged')), third, fourth], genesis, head)?.id,
    'forged',
  );
  assert.equal(proveChain([first, third, second, fourth], genesis, head)?.id, 'e3');
});

test('a chain that begins elsewhere than it should is not whole', () => {
  const { links, head } = chain(2);
  assert.equal(proveChain(links, '1'.repeat(64), head)?.id, 'e1');
});

test('the order of keys does not change an entry, its content does', () => {
  assert.equal(
    canonical({ b: 1, a: [undefined, { d: 1, c: 2 }] }),
    canonical({ a: [undefined, { c: 2, d: 1 }], b: 1 }),
  );
  assert.notEqual(canonical({ a: 1 }), canonical({ a: 2 }));
});
