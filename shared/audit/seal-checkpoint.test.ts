import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { definition } from '../../demo/azure.ts';
import { type SpawnedServer, spawnServer } from '../../local/spawn.ts';
import { type RecordStore, startRecordStore } from '../../test/support/records.ts';
import { memorySigner } from '../../test/support/signer.ts';
import { type Blobs, createBlobs } from '../azure/blobs.ts';
import { blobContainers } from '../topology.ts';
import { append } from './append.ts';
import { linkOf } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { AuditEntry } from './entry.ts';
import { type Proof, proveExport } from './prove-export.ts';
import { type ChainPage, chainsOf, readChain, toNdjson } from './read-chain.ts';
import { readCheckpoints, sealCheckpoint } from './seal-checkpoint.ts';

const account = { account: 'devstoreaccount1', key: Buffer.alloc(64, 7).toString('base64') };
const now = new Date('2026-11-24T11:05:00Z');
let store: RecordStore;
let server: SpawnedServer;
let blobs: Blobs;
let sealedContainer: ContainerClient;
let state: string;
before(async () => {
  state = await mkdtemp(join(tmpdir(), 'wardline-checkpoints-'));
  [store, server] = await Promise.all([
    startRecordStore(),
    spawnServer('blobs', { port: 0, state, ...account, immutableFor: definition.immutableFor }),
  ]);
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=${account.account};AccountKey=${account.key};BlobEndpoint=${server.endpoint};`;
  blobs = createBlobs({ connectionString }, { getToken: async () => null });
  const service = BlobServiceClient.fromConnectionString(connectionString);
  sealedContainer = (await service.createContainer(blobContainers.auditCheckpoints)).containerClient;
});
after(async () => {
  await Promise.all([store?.close(), server?.stop()]);
  await rm(state, { recursive: true, force: true });
});

const entry = (trust: string, index: number): AuditEntry => ({
  id: `${trust}-${index}`,
  trust,
  recorded: '2026-11-24T10:00:00.000Z',
  action: 'R',
  subtype: 'read',
  outcome: '0',
  agent: { id: 'a', role: 'nurse', kind: 'staff', trust },
  policy: 'record:read',
  patients: [],
  entities: [],
  traceparent: '',
});
const signer = memorySigner();
const sources = () => ({ audit: store.process().documents('audit'), blobs, signer });
const grow = (trust: string, from: number, to: number): Promise<void> =>
  append(
    sources().audit,
    Array.from({ length: to - from }, (_, index) => entry(trust, from + index)),
  );
const chains = (trust: string): Promise<ChainPage[]> =>
  Promise.all(chainsOf(trust, '2026-11').map((chain) => readChain(sources().audit, chain, 0)));
const checkpoints = async (trust: string): Promise<Checkpoint[]> =>
  (await readCheckpoints(sources(), trust, 0, 100)).map((line) => JSON.parse(line));
const prove = (pages: readonly ChainPage[], sealed: readonly Checkpoint[]): Proof[] =>
  proveExport(toNdjson(pages) + sealed.map((one) => `${JSON.stringify(one)}\n`).join(''));
const broken = (proofs: readonly Proof[]): string[] =>
  proofs.flatMap(({ chain, breach }) =>
    breach === undefined ? [] : `${chain} ${breach.seq} ${breach.kind}: ${breach.what}`,
  );

/** The links from a row on with another entry there, each following the one before: a chain that proves itself. */
function rewritten(page: ChainPage, from: number): ChainPage {
  let prev = page.links[from - 2]?.hash ?? page.begin;
  const links = page.links.map((link) => {
    if (link.seq < from) return link;
    const other = linkOf(link.seq, prev, link.seq === from ? { ...link.entry, outcome: '4' } : link.entry);
    prev = other.hash;
    return other;
  });
  return { ...page, links, head: { seq: links.length, hash: prev } };
}

test('checkpoints follow each other and agree with chains that grew since', async () => {
  await grow('C01', 0, 40);
  assert.equal(await sealCheckpoint(sources(), 'C01', now), 1);
  await grow('C01', 40, 80);
  assert.equal(await sealCheckpoint(sources(), 'C01', now), 2);
  await grow('C01', 80, 100);
  const proofs = prove(await chains('C01'), await checkpoints('C01'));
  assert.deepEqual(broken(proofs), []);
  assert.equal(proofs.find(({ chain }) => chain === 'C01|checkpoints')?.entries, 2);
});

test('nobody changes or deletes what was sealed, its container included', async () => {
  await sealCheckpoint(sources(), 'C08', now);
  const sealed = await checkpoints('C08');
  let found = 0;
  for await (const { name } of sealedContainer.listBlobsFlat({ prefix: 'C08' })) {
    const blob = sealedContainer.getBlockBlobClient(name);
    for (const attempt of [() => blob.upload('{}', 2), () => blob.delete(), () => sealedContainer.delete()])
      await assert.rejects(attempt(), { statusCode: 409 });
    found++;
  }
  assert.equal(found, 1);
  assert.deepEqual(await checkpoints('C08'), sealed);
});

test('a chain that was written anew, so that it proves itself, does not agree with what was sealed', async () => {
  await grow('C02', 0, 60);
  await sealCheckpoint(sources(), 'C02', now);
  const [first, ...others] = await chains('C02');
  assert.ok(first !== undefined && first.links.length > 3);
  const forged = [rewritten(first, 2), ...others];
  assert.deepEqual(broken(prove(forged, [])), [], 'alone it looks whole');
  assert.match(
    broken(prove(forged, await checkpoints('C02'))).join(),
    /^C02\|2026-11\|0 1 edited: .*checkpoint 1 sealed/,
  );
});

test('rows that were cut off with the head after they were sealed are missed', async () => {
  await grow('C03', 0, 60);
  await sealCheckpoint(sources(), 'C03', now);
  const [first, ...others] = await chains('C03');
  assert.ok(first !== undefined);
  const links = first.links.slice(0, 3);
  const cut = { ...first, links, head: { seq: 3, hash: links[2]?.hash ?? '' } };
  assert.match(
    broken(prove([cut, ...others], await checkpoints('C03'))).join(),
    /^C03\|2026-11\|0 4 removed: rows up to/,
  );
});

test('a checkpoint that was edited, removed, moved or signed with another key is named', async () => {
  await grow('C04', 0, 10);
  for (let round = 0; round < 4; round++) await sealCheckpoint(sources(), 'C04', now);
  const [one, two, three, four] = await checkpoints('C04');
  assert.ok(one && two && three && four);
  const faults = (...sealed: Checkpoint[]): string => broken(prove([], sealed)).join();
  assert.equal(faults(one, two, three, four), '');
  assert.equal(faults(three, four), '', 'a stretch from the middle is one too');
  assert.match(faults(one, { ...two, at: '2026-11-24T12:00:00.000Z' }, three), /2 edited/);
  assert.match(faults(one, { ...two, chains: [] }, three), /2 edited/);
  assert.match(faults(one, three, four), /3 removed: checkpoint 2 was removed/);
  assert.match(faults(one, three, two, four), /3 removed/);
  assert.match(faults(one, two, two), /2 moved/);
  const stranger = { ...sources(), signer: memorySigner() };
  await sealCheckpoint(stranger, 'C04', now);
  const five = (await checkpoints('C04'))[4];
  assert.ok(five);
  assert.equal(faults(one, two, three, four, five), '', 'who trusts no key takes any');
  const text = [one, two, three, four, five].map((sealed) => JSON.stringify(sealed)).join('\n');
  const [proof] = proveExport(text, [one.key]);
  assert.match(proof?.breach?.what ?? '', /not trusted/);
  assert.equal(proof?.breach?.seq, 5);
});

test('what was sealed by somebody who died before noting it is taken over, not sealed twice', async () => {
  await grow('C05', 0, 10);
  const { audit } = sources();
  const dying = { ...audit, batch: async () => Promise.reject(new Error('the power failed')) };
  await assert.rejects(sealCheckpoint({ ...sources(), audit: dying }, 'C05', now), /power/);
  assert.deepEqual(await checkpoints('C05'), []);
  await grow('C05', 10, 20);
  assert.equal(await sealCheckpoint(sources(), 'C05', new Date('2026-11-24T12:05:00Z')), 1);
  assert.equal(await sealCheckpoint(sources(), 'C05', new Date('2026-11-24T13:05:00Z')), 2);
  const sealed = await checkpoints('C05');
  assert.deepEqual(
    sealed.map(({ at }) => at.slice(11, 13)),
    ['11', '13'],
  );
  assert.deepEqual(broken(prove(await chains('C05'), sealed)), []);
});

test('of those who seal at once, one does, and all go on from there', async () => {
  await grow('C06', 0, 10);
  const numbers = await Promise.all([1, 2, 3].map(() => sealCheckpoint(sources(), 'C06', now)));
  assert.ok(numbers.includes(1));
  await sealCheckpoint(sources(), 'C06', now);
  const sealed = await checkpoints('C06');
  assert.deepEqual(
    sealed.map(({ checkpoint }) => checkpoint),
    sealed.map((_, index) => index + 1),
  );
  assert.deepEqual(broken(prove(await chains('C06'), sealed)), []);
});

test('a trust without entries has checkpoints that say so', async () => {
  await sealCheckpoint(sources(), 'C07', now);
  assert.deepEqual((await checkpoints('C07'))[0]?.chains, []);
  assert.deepEqual(await readCheckpoints(sources(), 'C07', 1, 100), []);
});
