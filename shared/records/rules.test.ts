import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignId } from './assign-id.ts';
import { compartmentId, idFromMessage, isToken, patientIdOf, patientInId } from './ids.ts';
import { newVersion } from './new-version.ts';
import { partitionOf, patientOf, wholePartitionOf } from './partition.ts';
import { presentLocation, spo2ScaleOrder, withOrder, withPlacement } from './placements.ts';
import { covers, mergeSessions } from './session.ts';

const token = '0123456789ab';
const ulid = '01HF7YAT00ABCDEFGHJKMNPQRS';

test('a patient has one partition, small types one a trust, others are spread', () => {
  assert.equal(partitionOf('RR8', { patient: token }), `RR8|P|${token}`);
  assert.equal(patientOf(`RR8|P|${token}`), token);
  assert.equal(patientOf('RR8|Location|0'), undefined);
  assert.equal(partitionOf('RR8', { type: 'Location', id: 'a' }), wholePartitionOf('RR8', 'Location'));
  assert.equal(wholePartitionOf('RR8', 'Slot'), undefined);
  const slots = new Set(
    Array.from({ length: 1000 }, (_, index) => partitionOf('RR8', { type: 'Slot', id: `${index}` })),
  );
  assert.equal(slots.size, 64);
});

test('an id of the server tells the compartment, one chosen elsewhere does not', () => {
  assert.equal(patientInId({ type: 'Observation', id: compartmentId(token, ulid) }), token);
  assert.equal(patientInId({ type: 'Patient', id: token }), token);
  for (const id of ['f001', `${token}.short`, `${token.toUpperCase()}.${ulid}`, `${token}.${ulid}x`]) {
    assert.equal(patientInId({ type: 'Observation', id }), undefined, id);
  }
});

test('an id from a message is the same every time, and another for every ordinal', () => {
  assert.equal(idFromMessage('m', 1), idFromMessage('m', 1));
  assert.notEqual(idFromMessage('m', 1), idFromMessage('m', 2));
  assert.notEqual(idFromMessage('m', 1), idFromMessage('m1', ''));
  assert.match(idFromMessage('m', 1), /^[0-9A-HJKMNP-TV-Z]{26}$/);
  assert.ok(isToken(idFromMessage('m', 1).slice(0, 12).toLowerCase()));
});

test('only a local Patient is a patient', () => {
  assert.equal(patientIdOf('Patient/a'), 'a');
  assert.equal(patientIdOf('Patient/a/_history/2'), 'a');
  for (const reference of ['Group/a', 'https://elsewhere/Patient/a', 'Patient/', '#a', 'Patient/a/b']) {
    assert.equal(patientIdOf(reference), undefined, reference);
  }
});

test('an id is given before the commit, in the compartment of the patient of the same bundle', () => {
  const ids = { ulid: () => ulid, token: () => token };
  const observation = { resourceType: 'Observation', subject: { reference: 'urn:uuid:1' } };
  const resolve = (reference: string) => (reference === 'urn:uuid:1' ? `Patient/${token}` : undefined);
  assert.deepEqual(assignId(ids, { resourceType: 'Patient' }, resolve), { id: token });
  assert.deepEqual(assignId(ids, observation, resolve), { id: `${token}.${ulid}` });
  assert.deepEqual(assignId(ids, { resourceType: 'Location' }, resolve), { id: ulid });
});

test('a version follows the one before in number and in time', () => {
  const update = { kind: 'update', type: 'A', id: 'a', resource: { resourceType: 'A' } } as const;
  const before = { versionId: 3, lastUpdated: 500, change: 'updated' } as Parameters<typeof newVersion>[1];
  assert.deepEqual(newVersion(update, before, 400), { versionId: 4, lastUpdated: 501, kind: 'updated' });
  assert.deepEqual(newVersion({ ...update, ifMatch: '3' }, before, 600).lastUpdated, 600);
  assert.throws(() => newVersion({ ...update, ifMatch: '2' }, before, 600), { code: 'version-mismatch' });
  assert.throws(() => newVersion({ ...update, ifMatch: '1', allowCreate: true }, undefined, 1), {
    code: 'version-mismatch',
  });
  assert.throws(() => newVersion(update, undefined, 1), { code: 'not-found' });
  assert.throws(() => newVersion({ kind: 'create', resource: { resourceType: 'A' } }, before, 1), { code: 'conflict' });
});

const stay = (id: string, more: object = {}) => ({ location: { reference: `Location/${id}` }, ...more });

test('an Encounter places its patient where it is active now', () => {
  const at = (status: string, ...location: object[]) =>
    presentLocation({ resourceType: 'Encounter', status, location, period: { start: '2026-11-01' } })?.location;
  assert.equal(at('in-progress', stay('a', { status: 'completed' }), stay('b', { status: 'active' })), 'b');
  assert.equal(at('in-progress', stay('a', { period: { end: '2026-11-02' } }), stay('b')), 'b');
  assert.equal(at('in-progress', stay('a', { status: 'planned' })), undefined);
  for (const status of ['planned', 'finished', 'cancelled', 'entered-in-error']) {
    assert.equal(at(status, stay('a', { status: 'active' })), undefined, status);
  }
});

test('a head changes only when something changed', () => {
  const empty = { patientId: 'p', placements: [] };
  const placement = { encounter: 'e', ward: 'J09', bed: 'J09-01', since: '2026-11-01' };
  const placed = withPlacement(empty, 'e', placement);
  assert.deepEqual(placed.placements, [placement]);
  assert.equal(withPlacement(placed, 'e', { ...placement }), placed);
  assert.equal(withPlacement(placed, 'other', undefined), placed);
  assert.deepEqual(withPlacement(placed, 'e', undefined).placements, []);
});

test('SpO2 scale 2 holds while its order stands, and no longer', () => {
  const empty = { patientId: 'p', placements: [] };
  const order = (status: string) => ({ resourceType: 'ServiceRequest', status, code: { coding: [spo2ScaleOrder] } });
  const ordered = withOrder(empty, 's', order('active'));
  assert.equal(ordered.spo2Scale, 2);
  assert.equal(withOrder(ordered, 's', order('active')), ordered);
  assert.equal(withOrder(ordered, 'another', order('revoked')), ordered);
  for (const ended of [order('revoked'), order('completed'), undefined]) {
    assert.deepEqual(withOrder(ordered, 's', ended), empty);
  }
  assert.equal(withOrder(empty, 's', { ...order('active'), code: { coding: [{ code: 'spo2-scale-2' }] } }), empty);
});

test('session tokens merge by range, and cover what is no newer', () => {
  assert.equal(mergeSessions('0:-1#5', undefined, '0:-1#9,1:-1#2', ''), '0:-1#9,1:-1#2');
  assert.equal(mergeSessions(undefined, ''), undefined);
  assert.equal(covers('0:-1#9,1:-1#2', '0:-1#9'), true);
  assert.equal(covers('0:-1#9', '0:-1#10'), false);
  assert.equal(covers('0:-1#9', '0:-1#9,1:-1#1'), false);
  assert.equal(covers(undefined, '0:-1#1'), false);
  assert.equal(covers('0:1#10#3=8', '0:1#9#3=7'), true);
});
