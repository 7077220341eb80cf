import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { memoryVault, type RecordStore, startRecordStore } from '../../test/support/records.ts';
import { createKeyring, seal, unseal } from './index.ts';

let store: RecordStore;
before(async () => {
  store = await startRecordStore();
});
after(() => store.close());

const hour = 60 * 60_000;

test('two processes that need the first key of a trust at once end with the same one', async () => {
  const rings = Array.from({ length: 6 }, () => store.process().keyring);
  const hashes = await Promise.all(rings.map((ring) => ring.hash('RXF', 'Patient|family|smith')));
  assert.equal(new Set(hashes).size, 1);
  const made = await rings[0]?.newPatientKey('RXF');
  assert.ok(made);
  const sealed = seal(made.key, 'a', 'here');
  for (const ring of rings) {
    assert.equal(unseal(await ring.openPatientKey('RXF', made.wrapped), sealed, 'here'), 'a');
  }
});

test('a hash names its key and hides its term, and trusts do not share hashes', async () => {
  const { keyring } = store.process();
  const hash = await keyring.hash('RR8', 'Patient|family|smith');
  assert.match(hash, /^h1\.[A-Za-z0-9_-]{22}$/);
  assert.notEqual(hash, await keyring.hash('RXF', 'Patient|family|smith'));
  assert.notEqual(hash, await keyring.hash('RR8', 'Patient|family|smyth'));
});

test("a patient's key opens in its own trust only", async () => {
  const { keyring } = store.process();
  const { wrapped } = await keyring.newPatientKey('RR8');
  await assert.rejects(keyring.openPatientKey('RXF', wrapped), { code: 'internal' });
  await assert.rejects(keyring.openPatientKey('RR8', `${wrapped.slice(0, -2)}xx`), { code: 'internal' });
});

test('keys of different purposes do not open each other', async () => {
  const { keyring } = store.process();
  const sealed = seal(await keyring.trustKey('RR8', 'boards'), 'a', 'here');
  const reference = await keyring.trustKey('RR8', 'reference');
  assert.throws(() => unseal(reference, sealed, 'here'), { code: 'internal' });
});

test('a signature holds for its text, its purpose and its trust', async () => {
  const { keyring } = store.process();
  const signature = await keyring.sign('RR8', 'status', 'form-1');
  assert.equal(await keyring.verify('RR8', 'status', 'form-1', signature), true);
  assert.equal(await keyring.verify('RR8', 'status', 'form-2', signature), false);
  assert.equal(await keyring.verify('RR8', 'export', 'form-1', signature), false);
  assert.equal(await keyring.verify('RXF', 'status', 'form-1', signature), false);
  for (const forged of ['', 'd1.', 'd9.abc', 'h1.abc', 'abc', `${signature}a`]) {
    assert.equal(await keyring.verify('RR8', 'status', 'form-1', forged), false, forged);
  }
});

test('a data key is unwrapped once an hour, and used for four when the vault is down', async () => {
  const vault = memoryVault();
  let now = 0;
  const documents = store.process().documents('keys');
  const trust = 'RVA';
  const keyring = createKeyring({ documents, vault, clock: { now: () => new Date(now) } });
  const first = await keyring.hash(trust, 'a');
  const asked = vault.asked;
  now = hour - 1;
  await Promise.all([keyring.hash(trust, 'a'), keyring.hash(trust, 'b')]);
  assert.equal(vault.asked, asked);
  now = hour + 1;
  await Promise.all([keyring.hash(trust, 'a'), keyring.hash(trust, 'b')]);
  assert.equal(vault.asked, asked + 1);
  vault.down = true;
  now = 3 * hour;
  assert.equal(await keyring.hash(trust, 'a'), first);
  const whileDown = vault.asked;
  now += 10_000;
  assert.equal(await keyring.hash(trust, 'a'), first);
  assert.equal(vault.asked, whileDown, 'a vault that is down is not asked for every term');
  now = 5 * hour + 2;
  await assert.rejects(keyring.hash(trust, 'a'), { code: 'unavailable' });
  vault.down = false;
  assert.equal(await keyring.hash(trust, 'a'), first);
});

test('without the vault a process that never opened a key fails clearly, and keeps no failure', async () => {
  const vault = memoryVault();
  vault.down = true;
  const documents = store.process().documents('keys');
  const keyring = createKeyring({ documents, vault, clock: { now: () => new Date() } });
  await assert.rejects(keyring.hash('RWF', 'a'), { code: 'unavailable' });
  vault.down = false;
  assert.ok(await keyring.hash('RWF', 'a'));
});
