import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type RecordStore, startRecordStore } from '../../test/support/records.ts';
import type { Documents } from '../azure/documents.ts';
import { append } from './append.ts';
import { chainOf, genesis } from './chain.ts';
import { disclose, entriesOf } from './disclosures.ts';
import type { LinkDocument } from './documents.ts';
import type { AuditEntry } from './entry.ts';
import { findEntry } from './find-entry.ts';
import { proveExport } from './prove-export.ts';
import { type ChainPage, chainsOf, readChain, toNdjson } from './read-chain.ts';

let store: RecordStore;
/** Replicas that lag by so much answer what asks for nothing newer. */
const staleReadsMs = 200;
before(async () => {
  store = await startRecordStore({ staleReadsMs });
});
after(() => store.close());

const audit = (): Documents => store.process().documents('audit');

const entry = (id: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
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
  ...more,
});
const some = (trust: string, count: number, more: Partial<AuditEntry> = {}): AuditEntry[] =>
  Array.from({ length: count }, (_, index) => entry(`${trust}-${index}`, { trust, ...more }));

const read = (trust: string, month = '2026-11'): Promise<ChainPage[]> =>
  Promise.all(chainsOf(trust, month).map((chain) => readChain(audit(), chain, 0)));
const idsIn = (pages: readonly ChainPage[]): string[] =>
  pages.flatMap(({ links }) => links.map((link) => link.entry.id)).sort();
const breaches = (pages: readonly ChainPage[]) => proveExport(toNdjson(pages)).filter(({ breach }) => breach);

test('entries become whole chains, each entry once', async () => {
  await append(audit(), some('T01', 250));
  const pages = await read('T01');
  assert.equal(new Set(idsIn(pages)).size, 250);
  assert.equal(idsIn(pages).length, 250);
  assert.deepEqual(breaches(pages), []);
  assert.ok(pages.every(({ links, begin }) => links.length > 0 && begin === genesis));
});

test('what is delivered again, wholly or in part, changes nothing', async () => {
  const entries = some('T02', 30);
  await append(audit(), entries);
  const pages = await read('T02');
  await append(audit(), entries);
  await append(audit(), [...entries, ...entries]);
  assert.deepEqual(await read('T02'), pages);
  await append(audit(), [...entries.slice(0, 10), ...some('T02', 40).slice(30)]);
  const more = await read('T02');
  assert.equal(idsIn(more).length, 40);
  assert.deepEqual(breaches(more), []);
});

test('the first entry of an id stays, whatever another says', async () => {
  await append(audit(), [entry('one', { trust: 'T03' })]);
  await append(audit(), [entry('one', { trust: 'T03', outcome: '8' })]);
  assert.deepEqual(
    (await read('T03')).flatMap(({ links }) => links.map((link) => link.entry.outcome)),
    ['0'],
  );
});

test('chains never fork and never double, however many append the same at once', async () => {
  const entries = some('T04', 120);
  // Eight processes, each with its own share, half of which others have too, cut differently each time.
  await Promise.all(
    Array.from({ length: 8 }, async (_, writer) => {
      const documents = audit();
      const own = entries.filter((_entry, index) => index % 8 === writer || index % 4 === writer % 4);
      for (let start = 0; start < own.length; start += 7 + writer)
        await append(documents, own.slice(start, start + 7 + writer));
    }),
  );
  const pages = await read('T04');
  assert.equal(idsIn(pages).length, 120);
  assert.equal(new Set(idsIn(pages)).size, 120);
  assert.deepEqual(breaches(pages), []);
});

test('a writer that dies behind its batch has written all of it, and before it nothing', async () => {
  const entries = some('T05', 20);
  const broken = (documents: Documents, after: boolean): Documents => ({
    ...documents,
    async batch(...parameters) {
      if (after) await documents.batch(...parameters);
      throw new Error('killed');
    },
  });
  await assert.rejects(append(broken(audit(), false), entries), /killed/);
  assert.deepEqual(idsIn(await read('T05')), []);
  await assert.rejects(append(broken(audit(), true), entries), /killed/);
  const written = await read('T05');
  assert.equal(idsIn(written).length, 20);
  await append(audit(), entries);
  assert.deepEqual(await read('T05'), written);
});

test('a month begins where the month before stood, over the turn of a year too', async () => {
  const december = some('T06', 40, { recorded: '2025-12-31T23:59:59.000Z' });
  const january = some('T06', 40, { recorded: '2026-01-01T00:00:00.000Z' });
  await append(audit(), december);
  await append(audit(), january);
  // Late ones of the old month still find their place.
  await append(audit(), [entry('late', { trust: 'T06', recorded: '2025-12-31T23:00:00.000Z' })]);
  const pages = [...(await read('T06', '2025-12')), ...(await read('T06', '2026-01'))];
  assert.deepEqual(breaches(pages), []);
  const [first] = pages.slice(4);
  assert.notEqual(first?.begin, genesis);
  const cut = pages.map((page) => (page.chain === 'T06|2025-12|0' ? { ...page, links: [], head: undefined } : page));
  assert.deepEqual(
    proveExport(toNdjson(cut)).flatMap(({ chain, breach }) => (breach ? [chain] : [])),
    ['T06|2026-01|0'],
  );
});

test('appending takes two trips to the store, however many entries', async () => {
  const { documents, spent } = store.process();
  const chain = chainOf(entry('T07-0', { trust: 'T07' }));
  const entries = some('T07', 300).filter((one) => chainOf(one) === chain);
  await append(documents('audit'), entries.slice(0, 1));
  spent();
  await append(documents('audit'), entries.slice(1));
  assert.ok(entries.length > 50);
  assert.equal(spent().requests, 2);
});

test('large entries are spread over batches that the store takes', async () => {
  const entities = Array.from({ length: 1000 }, (_, index) => ({
    type: 'Observation',
    id: `x${index}`.padEnd(39, 'y'),
  }));
  await append(audit(), some('T08', 120, { entities }));
  const pages = await read('T08');
  assert.equal(idsIn(pages).length, 120);
  assert.deepEqual(breaches(pages), []);
});

test('ids of other systems that no document may have are chained all the same', async () => {
  const odd = ['bed-moved-a/b', 'c?d#e', 'x'.repeat(480), 'ä ö'];
  await append(
    audit(),
    odd.map((id) => entry(id, { trust: 'T09' })),
  );
  await append(
    audit(),
    odd.map((id) => entry(id, { trust: 'T09' })),
  );
  assert.deepEqual(idsIn(await read('T09')), odd.toSorted());
});

test('a chain is read whole although replicas lag, and page by page', async () => {
  await append(audit(), some('T10', 60));
  const chain = 'T10|2026-11|1';
  const { links, head } = await readChain(audit(), chain, 0);
  assert.equal(links.length, head?.seq);
  const rest = await readChain(audit(), chain, 5);
  assert.deepEqual(rest.links, links.slice(5));
});

test('each patient of an entry gets one pointer, newest first, and twice changes nothing', async () => {
  const { documents } = store.process();
  const stores = { audit: documents('audit'), disclosures: documents('disclosures') };
  const entries = Array.from({ length: 5 }, (_, index) =>
    entry(`d${index}`, {
      trust: 'T11',
      recorded: `2026-11-24T10:00:0${index}.000Z`,
      patients: index % 2 === 0 ? ['pa', 'pb'] : ['pb', 'pb'],
    }),
  );
  await append(stores.audit, entries);
  const feed: LinkDocument[] = [];
  for (const chain of chainsOf('T11', '2026-11')) {
    const page = await stores.audit.query<LinkDocument>('SELECT * FROM c', {}, { partition: chain });
    feed.push(...page.items);
  }
  await new Promise((resolve) => setTimeout(resolve, staleReadsMs));
  for (let times = 0; times < 2; times++) await disclose(stores.disclosures, [...feed, { kind: 'entry' }, null, 7]);
  await new Promise((resolve) => setTimeout(resolve, staleReadsMs));
  const of = async (patient: string) => (await entriesOf(stores, 'T11', patient)).map(({ id }) => id);
  assert.deepEqual(await of('pa'), ['d4', 'd2', 'd0']);
  assert.deepEqual(await of('pb'), ['d4', 'd3', 'd2', 'd1', 'd0']);
  assert.deepEqual(await of('pc'), []);
  assert.deepEqual(await entriesOf(stores, 'T12', 'pa'), []);
});

test('an entry is found by its id, long after by the time in it, else in this month and the one before', async () => {
  // A ULID of 2025-03-01T00:00:00.000Z.
  const old = entry('01JN7G1C00ZZZZZZZZZZZZZZZZ', { trust: 'T13', recorded: '2025-03-01T00:00:00.000Z' });
  const session = entry('board-abc', { trust: 'T13', recorded: '2026-10-31T23:00:00.000Z' });
  await append(audit(), [old, session]);
  const find = (id: string, now: string) => findEntry(audit(), 'T13', id, new Date(now));
  assert.deepEqual(await find(old.id, '2026-11-24T00:00:00Z'), old);
  assert.deepEqual(await find('board-abc', '2026-11-24T00:00:00Z'), session);
  assert.equal(await find('board-abc', '2026-12-24T00:00:00Z'), undefined);
  assert.equal(await findEntry(audit(), 'T14', old.id, new Date()), undefined);
});
