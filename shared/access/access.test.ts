import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type RecordStore, startRecordStore } from '../../test/support/records.ts';
import type { Documents } from '../azure/documents.ts';
import type { Actor } from '../context.ts';
import type { ContainerName } from '../topology.ts';
import { type Access, createAccess } from './index.ts';

const minute = Date.parse('2026-11-24T10:00:00Z');
let store: RecordStore;
let time = minute;

before(async () => {
  store = await startRecordStore();
});
after(() => store.close());

/** A process with its own memory of what is approved. */
function open(): { access: Access; spent(): number } {
  const { documents, spent } = store.process();
  const access = createAccess({
    identity: { issuers: [], audience: '', ownClients: [] },
    documents: documents as (name: ContainerName) => Documents,
    clock: { now: () => new Date(time) },
  });
  return { access, spent: () => spent().requests };
}

const actor = (role: Actor['role'], trust: string, ...teams: string[]): Actor => ({
  kind: 'staff',
  mfa: true,
  id: 'a',
  displayName: '',
  role,
  trust,
  teams,
});
const patient = { token: 'p', wards: ['K01'] };
const read = (trust: string) => ({ policy: 'record:read', trust, patient }) as const;

test('an approval counts at once where it was missing, and a second later elsewhere', async () => {
  const here = open();
  const elsewhere = open();
  const nurse = actor('nurse', 'T01', 'T01-K01');
  assert.equal((await here.access.decide(nurse, read('T01'))).allowed, false);
  assert.equal((await elsewhere.access.decide(nurse, read('T01'))).allowed, false);
  await here.access.approveTeam('T01', { name: 'T01-K01', wards: ['K01'] });
  assert.equal((await here.access.decide(nurse, read('T01'))).allowed, true);
  time += 1_001;
  assert.equal((await elsewhere.access.decide(nurse, read('T01'))).allowed, true);
});

test('approvals are kept half a minute, so that most decisions cost no trip', async () => {
  const { access, spent } = open();
  const nurse = actor('nurse', 'T02', 'T02-K01');
  await access.approveTeam('T02', { name: 'T02-K01', wards: ['K01'] });
  spent();
  for (let times = 0; times < 10; times++) await access.decide(nurse, read('T02'));
  assert.equal(spent(), 1);
  const other = open();
  await other.access.approveTeam('T02', { name: 'T02-K01', wards: [] });
  assert.equal((await access.decide(nurse, read('T02'))).allowed, true);
  time += 30_001;
  assert.equal((await access.decide(nurse, read('T02'))).allowed, false);
});

test('an approval of one trust counts for nothing in another', async () => {
  const { access } = open();
  await access.approveTeam('T03', { name: 'shared-name', wards: ['*'] });
  assert.equal((await access.decide(actor('nurse', 'T04', 'shared-name'), read('T04'))).allowed, false);
});

test('until a trust is open its operators need no team, from then on they do', async () => {
  const { access } = open();
  const operator = actor('operations', 'T05', 'T05-operations');
  const approve = { policy: 'operations:approve', trust: 'T05' } as const;
  assert.equal((await access.decide(operator, approve)).allowed, true);
  assert.equal((await access.decide(operator, { ...approve, policy: 'operations:run' })).allowed, false);
  await access.openTrust('T05');
  assert.deepEqual(await access.isOpen('T05'), true);
  assert.equal((await access.decide(operator, approve)).allowed, false);
  await access.approveTeam('T05', { name: 'T05-operations', wards: [] });
  assert.equal((await access.decide(operator, approve)).allowed, true);
  await assert.rejects(access.require({ actor: actor('nurse', 'T05') }, approve), { code: 'forbidden' });
});

test('two teams of one name are not taken for a team of two names', async () => {
  const { access } = open();
  await access.approveTeam('T06', { name: 'a', wards: ['K01'] });
  assert.equal((await access.decide(actor('nurse', 'T06', 'a', 'b'), read('T06'))).allowed, true);
  assert.equal((await access.decide(actor('nurse', 'T06', 'a|b'), read('T06'))).allowed, false);
});
