import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { memoryVault, type RecordStore, startRecordStore } from '../../test/support/records.ts';
import { createKeyRotation, createKeyring, type Keyring, seal, unseal } from './index.ts';

let store: RecordStore;
before(async () => {
  store = await startRecordStore();
});
after(() => store.close());

/** Keys of a trust of the test's own: processes that share a vault and a clock. */
function keysOf() {
  const vault = memoryVault();
  let now = 0;
  const documents = store.process().documents('keys');
  const deps = { documents, vault, clock: { now: () => new Date(now) } };
  return {
    vault,
    documents,
    rotation: createKeyRotation({ ...deps, random: (size) => crypto.getRandomValues(new Uint8Array(size)) }),
    process: (): Keyring => createKeyring(deps),
    pass(milliseconds: number) {
      now += milliseconds;
    },
  };
}

/** Carries a whole rotation out. */
async function rotate({ rotation, pass }: ReturnType<typeof keysOf>, trust: string, run: string): Promise<void> {
  for (const step of [rotation.announce, rotation.switchOver, rotation.finish]) {
    await step(trust, run);
    pass(rotation.settleTime);
  }
  await rotation.destroyUnread(trust);
}

test('at every step processes that know of it and processes that do not open and find what the others wrote', async () => {
  const keys = keysOf();
  const { rotation } = keys;
  const trust = 'RQ1';
  const late = keys.process();
  await late.hash(trust, 'a');
  for (const step of [
    () => rotation.announce(trust, 'one'),
    () => rotation.switchOver(trust),
    () => rotation.finish(trust),
  ]) {
    await step();
    const early = keys.process();
    for (const [writer, reader] of [
      [late, early],
      [early, late],
    ] as const) {
      const sealed = seal(await writer.trustKey(trust, 'reference'), 'text', 'here');
      assert.equal(unseal(await reader.trustKey(trust, 'reference'), sealed, 'here'), 'text');
      assert.ok((await reader.hashes(trust, 'term')).includes(await writer.hash(trust, 'term')), 'a term is found');
      const both = new Set(await writer.hashes(trust, 'claimed'));
      assert.ok(
        (await reader.hashes(trust, 'claimed')).some((hash) => both.has(hash)),
        'claims meet',
      );
      const { wrapped } = await writer.newPatientKey(trust);
      await reader.openPatientKey(trust, wrapped);
      assert.ok(await reader.verify(trust, 'status', 'x', await writer.sign(trust, 'status', 'x')));
    }
    keys.pass(rotation.settleTime);
    await late.hash(trust, 'a');
  }
  assert.match(await late.hash(trust, 'a'), /^h2\./);
  assert.equal((await late.hashes(trust, 'a')).length, 1);
});

test('a process that cannot learn which keys are in use does not go on with what it knew', async () => {
  const keys = keysOf();
  const trust = 'RQ2';
  let away = false;
  const documents = {
    ...keys.documents,
    readTogether: <T>(partition: string, ids: readonly string[]) =>
      away ? Promise.reject(new Error('The store is away')) : keys.documents.readTogether<T>(partition, ids),
  };
  let now = 0;
  const keyring = createKeyring({ documents, vault: keys.vault, clock: { now: () => new Date(now) } });
  const before = await keyring.hash(trust, 'a');
  away = true;
  now = 9_000;
  assert.equal(await keyring.hash(trust, 'a'), before);
  now = 10_000;
  await assert.rejects(keyring.hash(trust, 'a'), /The store is away/);
  away = false;
  assert.equal(await keyring.hash(trust, 'a'), before);
});

test('a key before stays readable for one rotation, and is destroyed with the second', async () => {
  const keys = keysOf();
  const trust = 'RQ3';
  const first = await keys.process().newPatientKey(trust);
  const signed = await keys.process().sign(trust, 'status', 'x');
  await rotate(keys, trust, 'one');
  const again = (await keys.process().wrapAnew(trust, first.wrapped)) ?? '';
  assert.ok(again.startsWith('d2.'));
  assert.equal(await keys.process().wrapAnew(trust, again), undefined, 'twice changes nothing');
  assert.equal(await keys.process().verify(trust, 'status', 'x', signed), true);
  await rotate(keys, trust, 'two');
  await assert.rejects(keys.process().openPatientKey(trust, first.wrapped), { code: 'internal' });
  assert.equal(await keys.process().verify(trust, 'status', 'x', signed), false);
  await keys.process().openPatientKey(trust, again);
  const { items } = await keys.documents.query<string>('SELECT VALUE c.id FROM c', {}, { partition: trust });
  assert.deepEqual(items.sort(), ['d2', 'd3', 'h3', 'state']);
});

test('every step done twice, or begun by another run, is done once', async () => {
  const keys = keysOf();
  const trust = 'RQ4';
  const { rotation } = keys;
  await rotation.announce(trust, 'one');
  await rotation.announce(trust, 'one');
  await rotation.announce(trust, 'two');
  await rotation.switchOver(trust);
  await rotation.switchOver(trust);
  await rotation.announce(trust, 'three');
  assert.match(await keys.process().hash(trust, 'a'), /^h2\./);
  await rotation.finish(trust);
  await rotation.finish(trust);
  await rotation.destroyUnread(trust);
  assert.match(await keys.process().hash(trust, 'a'), /^h2\./);
  assert.deepEqual(await rotation.destroyUnread(trust), []);
});

test('after a rotation nothing needs the earlier versions of the key in the vault', async () => {
  const keys = keysOf();
  const trust = 'RQ5';
  const { wrapped } = await keys.process().newPatientKey(trust);
  keys.vault.version = 2;
  await rotate(keys, trust, 'one');
  keys.vault.oldest = 2;
  await keys.process().openPatientKey(trust, wrapped);
  assert.ok(await keys.process().hash(trust, 'a'));
});
