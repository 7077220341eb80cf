import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Policy } from '../shared/access/index.ts';
import type { Actor, Call } from '../shared/context.ts';
import { WardlineError } from '../shared/errors.ts';
import { type FhirResource, parseSearch } from '../shared/fhir/index.ts';
import type { Records, ResourceRef } from '../shared/records/index.ts';
import { encounter, patient, pulse, ward } from '../test/support/record-samples.ts';
import { callOf, type RecordStore, startRecordStore } from '../test/support/records.ts';

/** One store, two trusts: RR8 has patients, and RXF's people ask for them under every id that could lead there. */
const asked = 10_000;
const facts = { subtype: 'create', action: 'C' } as const;
let store: RecordStore;
let records: Records;
/** Resources of RR8. */
const theirs: ResourceRef[] = [];

before(async () => {
  store = await startRecordStore();
  const { access } = store.process();
  await access.approveTeam('RXF', { name: 'RXF-everything', wards: ['*'] });
  ({ records } = store.process());
  const create = async (resource: FhirResource): Promise<string> => {
    const change =
      resource.id === undefined
        ? ({ kind: 'create', resource } as const)
        : ({ kind: 'update', type: resource.resourceType, id: resource.id, resource, allowCreate: true } as const);
    const { changes } = await records.commit(callOf(), 'RR8', [change], facts);
    const id = changes[0]?.id ?? '';
    theirs.push({ type: resource.resourceType, id });
    return id;
  };
  for (const place of ward('J09')) await create(place);
  for (let index = 0; index < 12; index++) {
    const id = await create({ ...patient(`Planted${index}`), ...(index % 2 === 0 ? {} : { id: `own-${index}` }) });
    await create(encounter(id, 'J09-01'));
    await create(pulse(id, 60 + index));
    await create({ ...pulse(id, 70), id: `measured-${index}` });
  }
});
after(() => store.close());

const intruders: readonly Actor[] = (['integration', 'nurse', 'doctor', 'ward-clerk'] as const).map((role) => ({
  kind: role === 'integration' ? 'system' : 'staff',
  id: 'intruder',
  displayName: '',
  role,
  trust: 'RXF',
  teams: ['RXF-everything', 'RR8-J09-nursing', 'RR8-integration'],
}));
const callAs = (index: number, policy: Policy): Call => ({
  ...callOf(),
  policy,
  actor: intruders[index % intruders.length] ?? callOf().actor,
});

/** Numbers that look random and are the same in each run (a linear congruential generator). */
let state = 20_261_125;
const random = (below: number): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};

/** A resource of RR8, or what somebody might try who knows one: its neighbours, its keys, its patient's other names. */
function attempt(): ResourceRef {
  const { type, id } = theirs[random(theirs.length)] ?? { type: 'Patient', id: '' };
  const other = theirs[random(theirs.length)] ?? { type, id };
  const at = random(id.length);
  const tricks: readonly (() => ResourceRef)[] = [
    () => ({ type, id }),
    () => ({ type: other.type, id }),
    () => ({ type, id: `${id.slice(0, at)}${'0123456789abcdef'[random(16)]}${id.slice(at + 1)}` }),
    () => ({ type, id: id.split('.')[0] ?? id }),
    () => ({ type, id: `RR8|P|${id}` }),
    () => ({ type, id: `../../trusts/RR8/fhir/${type}/${id}` }),
    () => ({ type, id: `${id}|head` }),
    () => ({ type, id: id.toUpperCase() }),
  ];
  return (tricks[random(tricks.length)] ?? (() => ({ type, id })))();
}

/** How a request was refused; a resource that it got is a leak. */
async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof WardlineError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'LEAK';
}

const refused = 'forbidden: You belong to RXF; this is a record of RR8.';

/** Everything that a caller can do with an id, and what it answers. */
const ways: readonly ((ref: ResourceRef, index: number) => Promise<unknown>)[] = [
  async (ref, index) => (await records.read(callAs(index, 'record:read'), 'RR8', ref)).found,
  async (ref, index) => (await records.vread(callAs(index, 'record:read'), 'RR8', ref, '1')).found,
  async (ref, index) => (await records.history(callAs(index, 'record:read'), 'RR8', ref)).versions,
  async (ref, index) => {
    const asked = new URLSearchParams({ patient: /^[\w.-]+$/.test(ref.id) ? ref.id : 'hostile' });
    return (await records.search(callAs(index, 'record:search'), 'RR8', parseSearch('Observation', asked))).matches;
  },
  async ({ type, id }, index) =>
    (await records.commit(callAs(index, 'record:write'), 'RR8', [{ kind: 'delete', type, id }], facts)).changes,
];

test(`${asked} ids of another trust's records, read, changed and searched for there: each is refused with the same words`, async () => {
  const told = new Map<string, number>();
  for (let index = 0; index < asked; index++) {
    const ref = attempt();
    const way = ways[random(ways.length)];
    const said = await refusal(way?.(ref, index) ?? Promise.resolve());
    told.set(said, (told.get(said) ?? 0) + 1);
  }
  assert.deepEqual([...told.keys()], [refused]);
});

test('under their own trust the same ids lead nowhere', async () => {
  const leaks: string[] = [];
  for (let index = 0; index < 400; index++) {
    const ref = attempt();
    const said = await refusal(records.read(callAs(index, 'record:read'), 'RXF', ref));
    if (!said.startsWith('not-found')) leaks.push(`${ref.type}/${ref.id} ${said}`);
  }
  for (const { id } of theirs) {
    const query = parseSearch('Observation', new URLSearchParams({ patient: id }));
    const { total } = await records.search(callAs(0, 'record:search'), 'RXF', query);
    if (total > 0) leaks.push(`Observation?patient=${id}`);
    if ((await records.patientToken('RXF', `own-${id}`)) !== undefined) leaks.push(`token of ${id}`);
  }
  for (const type of ['Patient', 'Observation', 'Encounter', 'Location']) {
    const query = parseSearch(type, new URLSearchParams(type === 'Patient' ? { family: 'Planted' } : { _id: 'J09' }));
    const said = await refusal(
      records.search(callAs(0, 'record:search'), 'RXF', query).then(({ total }) => {
        if (total === 0) throw new WardlineError('not-found', 'nothing');
      }),
    );
    if (said === 'LEAK') leaks.push(`search of ${type}`);
  }
  assert.deepEqual(leaks, []);
});

test('with an agreement the same ids lead to what it says of whom the record names the trust for, and to nothing else', async () => {
  const { access } = store.process();
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const agreement = { with: 'RXF', roles: ['nurse'] as const, types: ['Observation'], purpose: 'TREAT', until };
  await access.makeAgreement('RR8', agreement);
  ({ records } = store.process());
  const referred = theirs.find(({ type }) => type === 'Patient')?.id ?? '';
  const referral = {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    subject: { reference: `Patient/${referred}` },
    performer: [{ identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'RXF' } }],
  } as FhirResource;
  await records.commit(callOf(), 'RR8', [{ kind: 'create', resource: referral }], facts);
  let shown = 0;
  const leaks: string[] = [];
  for (let index = 0; index < asked; index++) {
    const ref =
      index % 50 === 0
        ? (theirs.find(({ type, id }) => type === 'Observation' && id.startsWith(referred)) ?? attempt())
        : attempt();
    const answer = await (ways[random(ways.length)]?.(ref, index) ?? Promise.resolve()).catch((error: unknown) => {
      if (!(error instanceof WardlineError)) throw error;
      return [];
    });
    for (const { resource } of [answer].flat() as { resource?: FhirResource }[]) {
      shown += 1;
      const { role } = intruders[index % intruders.length] ?? {};
      const subject = JSON.stringify(resource?.['subject']);
      const isAllowed =
        role === 'nurse' &&
        resource?.resourceType === 'Observation' &&
        subject === `{"reference":"Patient/${referred}"}`;
      if (!isAllowed) leaks.push(`${role} ${resource?.resourceType}/${resource?.id}`);
    }
  }
  assert.deepEqual(leaks, []);
  assert.ok(shown > 20, `${shown} were shown`);
});
