import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AuditEntry, Disclosure } from '../shared/audit/index.ts';
import type { Actor } from '../shared/context.ts';
import { WardlineError } from '../shared/errors.ts';
import type { Reply } from '../shared/http.ts';
import { patient as samplePatient } from '../test/support/record-samples.ts';
import { callOf, type RecordStore, startRecordStore } from '../test/support/records.ts';
import { disclosureRoutes } from './disclosures.ts';

let store: RecordStore;
let mine = '';
let other = '';
const facts = { subtype: 'create', action: 'C' } as const;
before(async () => {
  store = await startRecordStore();
  await store.process().access.approveTeam('RR8', { name: 'RR8-privacy', wards: [] });
  const create = async (name: string): Promise<string> =>
    (await store.process().records.commit(callOf(), 'RR8', [{ kind: 'create', resource: samplePatient(name) }], facts))
      .changes[0]?.id ?? '';
  [mine, other] = [await create('Mine'), await create('Other')];
});
after(() => store.close());

const entries: AuditEntry[] = Array.from({ length: 7 }, (_, index) => ({
  id: `e${index}`,
  trust: 'RR8',
  // Some at the same moment: none may be lost between two pages.
  recorded: `2026-11-24T10:0${4 - Math.floor(index / 2)}:00.000Z`,
  action: 'R',
  subtype: 'read',
  outcome: '0',
  agent: { id: 'somebody', role: 'nurse', kind: 'staff', trust: 'RR8' },
  policy: 'record:read',
  patients: ['p'],
  entities: [{ type: 'Observation', id: 'x' }],
  traceparent: '',
}));
const me: Actor = { kind: 'patient', id: 'me', displayName: '', role: 'patient', trust: 'RR8', teams: [], patient: '' };
const officer: Actor = { ...me, kind: 'staff', role: 'privacy-officer', teams: ['RR8-privacy'] };

async function ask(actor: Actor, patient: string, query = {}): Promise<Reply> {
  const { access, records } = store.process();
  const [route] = disclosureRoutes({ access, records, audit: { ofPatient: async () => entries } });
  const call = {
    ...callOf(),
    policy: 'disclosure:read',
    actor: { ...actor, ...(actor === me ? { patient: mine } : {}) },
  };
  const handler = route?.handler as ((request: unknown) => Promise<Reply>) | undefined;
  assert.ok(handler !== undefined);
  return handler({ call, params: { patient }, query: new URLSearchParams(query) });
}
const told = async (...parameters: Parameters<typeof ask>) =>
  (await ask(...parameters)).json as { disclosures: Disclosure[]; next?: string };

test('a patient is told who saw the own record, newest first, page by page', async () => {
  const all = await told(me, mine);
  assert.equal(all.disclosures.length, entries.length);
  assert.match(
    all.disclosures[0]?.text ?? '',
    /a nurse of RR8 looked at your measurements and results, to care for you\.$/,
  );
  assert.doesNotMatch(JSON.stringify(all), /somebody/, 'staff are told by role');
  const first = await told(me, mine, { count: '4' });
  assert.equal(first.disclosures.length, 4);
  const second = await told(me, mine, Object.fromEntries(new URLSearchParams(first.next)));
  assert.deepEqual([...first.disclosures, ...second.disclosures], all.disclosures);
  assert.equal(second.next, undefined);
});

test('that somebody asked is an entry about the patient too', async () => {
  assert.deepEqual((await ask(officer, mine)).disclosed, { subtype: 'disclosures', action: 'R', patients: [mine] });
});

test('a patient learns nothing of others, whether they are known here or not', async () => {
  const refused = (error: unknown): boolean => error instanceof WardlineError && error.code === 'forbidden';
  await assert.rejects(ask(me, other), refused);
  await assert.rejects(ask(me, 'nobody'), refused);
});

test('the privacy officer answers for every patient of the trust, and for no other trust', async () => {
  assert.equal((await told(officer, other)).disclosures.length, entries.length);
  await assert.rejects(ask(officer, 'nobody'), { code: 'not-found' });
  await assert.rejects(ask({ ...officer, trust: 'RXF' }, mine), WardlineError);
  await assert.rejects(ask({ ...officer, role: 'nurse' }, mine), { code: 'forbidden' });
});

test('a wrong page is refused with what it should be', async () => {
  for (const query of [{ count: '0' }, { count: '501' }, { count: 'x' }, { after: 'nothing' }])
    await assert.rejects(ask(officer, mine, query), { code: 'invalid-parameter' });
});

test('who was registered twice is told of both registrations, of what concerned both once', async () => {
  const { records } = store.process();
  const merging = { ...callOf(), policy: 'record:merge' };
  const patients = (
    await records.commit(callOf(), 'RR8', [{ kind: 'create', resource: samplePatient('Again') }], facts)
  ).changes[0]?.id;
  await records.merge(merging, 'RR8', { source: patients ?? '', target: mine });
  const { json, disclosed } = await ask(me, mine);
  assert.equal((json as { disclosures: unknown[] }).disclosures.length, entries.length);
  assert.deepEqual([...(disclosed?.patients ?? [])].sort(), [mine, patients].sort());
  await records.unmerge(merging, 'RR8', patients ?? '');
});
