import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonical, chainOf, genesis, type Link, linkOf, monthBefore, shards } from './chain.ts';
import type { AuditEntry } from './entry.ts';
import { type Breach, proveChain } from './prove-chain.ts';

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

const lengths = [1, 2, 3, 7, 20];

interface Chain {
  links: Link[];
  head: { seq: number; hash: string };
}
function chain(length: number, begin = genesis): Chain {
  const links: Link[] = [];
  for (let seq = 1; seq <= length; seq++) links.push(linkOf(seq, links.at(-1)?.hash ?? begin, entry(`e${seq}`)));
  return { links, head: { seq: length, hash: links.at(-1)?.hash ?? begin } };
}
const linkAt = (links: readonly Link[], index: number): Link => {
  const link = links[index];
  assert.ok(link);
  return link;
};

/** Tampers with every row of chains of several lengths, and says which row and kind the proof must name. */
function everyRow(tamper: (links: Link[], index: number) => Link[], expected: (seq: number) => Partial<Breach>): void {
  for (const length of lengths)
    for (let index = 0; index < length; index++) {
      const { links, head } = chain(length);
      const breach = proveChain(tamper(links, index), genesis, head);
      const wanted = expected(index + 1);
      const found = Object.fromEntries(Object.keys(wanted).map((key) => [key, breach?.[key as keyof Breach]]));
      assert.deepEqual(found, wanted, `row ${index + 1} of ${length}: ${breach?.what}`);
    }
}

test('a chain that nobody touched is whole, an empty one too', () => {
  for (const length of [0, ...lengths]) {
    const { links, head } = chain(length);
    assert.equal(proveChain(links, genesis, head), undefined);
  }
  assert.equal(proveChain([], genesis, undefined), undefined);
});

test('an edited row is named, whatever was edited', () => {
  const edits: ((link: Link) => Link)[] = [
    (link) => ({ ...link, entry: { ...link.entry, outcome: '4' } }),
    (link) => ({ ...link, entry: { ...link.entry, patients: ['somebody'] } }),
    (link) => ({ ...link, entry: { ...link.entry, agent: { ...link.entry.agent, id: 'somebody else' } } }),
    (link) => ({ ...link, entry: { ...link.entry, added: 1 } as AuditEntry }),
    (link) => ({ ...link, seq: link.seq + 100 }),
    (link) => ({ ...link, prev: '1'.repeat(64) }),
    (link) => ({ ...link, hash: '1'.repeat(64) }),
  ];
  for (const edit of edits)
    everyRow(
      (links, index) => links.with(index, edit(linkAt(links, index))),
      (seq) => ({ id: `e${seq}`, kind: 'edited' }),
    );
});

test('an edited row with a new hash is named by what follows it', () => {
  everyRow(
    (links, index) => {
      const { seq, prev, entry: old } = linkAt(links, index);
      return links.with(index, linkOf(seq, prev, { ...old, outcome: '4' }));
    },
    (seq) => ({ seq, id: `e${seq}`, kind: 'edited' }),
  );
});

test('a removed row is named by its number, the last ones by the head', () => {
  everyRow(
    (links, index) => links.toSpliced(index, 1),
    (seq) => ({ seq, kind: 'removed' }),
  );
  const { links, head } = chain(7);
  assert.deepEqual(proveChain(links.slice(0, 4), genesis, head)?.seq, 5);
  assert.deepEqual(proveChain([], genesis, head)?.seq, 1);
});

test('an added row is named, wherever it claims to belong', () => {
  const forged = (seq: number, prev: string): Link => linkOf(seq, prev, entry('forged'));
  const named = { id: 'forged', kind: 'added' } as const;
  // Behind the row that it copies the number of, and before it.
  everyRow(
    (links, index) => links.toSpliced(index + 1, 0, forged(index + 1, linkAt(links, index).prev)),
    () => named,
  );
  everyRow(
    (links, index) => links.toSpliced(index, 0, forged(index + 1, linkAt(links, index).prev)),
    () => named,
  );
  // Behind the end.
  const { links, head } = chain(3);
  assert.equal(proveChain([...links, forged(4, head.hash)], genesis, head)?.id, 'forged');
});

test('a row added together with a successor that vouches for it is named all the same', () => {
  const { links, head } = chain(5);
  const second = linkOf(2, linkAt(links, 0).hash, entry('forged'));
  const third = linkOf(3, second.hash, entry('accomplice'));
  assert.equal(proveChain(links.toSpliced(1, 0, second, third), genesis, head)?.id, 'forged');
});

test('moved rows are named by the first place that is not theirs', () => {
  for (const length of [2, 3, 7])
    for (let index = 0; index + 1 < length; index++) {
      const { links, head } = chain(length);
      const [moved] = links.splice(index, 1);
      assert.ok(moved);
      const breach = proveChain([...links, moved], genesis, head);
      assert.deepEqual([breach?.kind, breach?.id], ['moved', `e${index + 2}`]);
    }
});

test('a chain that begins elsewhere than it should is not whole', () => {
  const { links, head } = chain(2);
  assert.deepEqual(proveChain(links, '1'.repeat(64), head)?.seq, 1);
});

test('the order of keys does not change an entry, its content does', () => {
  assert.equal(
    canonical({ b: 1, a: [undefined, { d: 1, c: 2 }] }),
    canonical({ a: [undefined, { c: 2, d: 1 }], b: 1 }),
  );
  assert.equal(canonical({ a: 1, b: undefined }), canonical({ a: 1 }));
  assert.notEqual(canonical({ a: 1 }), canonical({ a: 2 }));
  assert.notEqual(canonical(['a,b']), canonical(['a', 'b']));
  assert.equal(canonical(JSON.parse(JSON.stringify(entry('x')))), canonical(entry('x')));
});

test('an entry belongs to one chain, by trust, month and id, and all chains get some', () => {
  const chains = new Set(Array.from({ length: 64 }, (_, index) => chainOf(entry(`e${index}`))));
  assert.equal(chains.size, shards);
  assert.ok([...chains].every((name) => /^RR8\|2026-11\|[0-3]$/.test(name)));
  assert.equal(monthBefore('RR8|2026-01|3'), 'RR8|2025-12|3');
});
