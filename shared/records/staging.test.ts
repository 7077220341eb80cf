import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CurrentBody, HeadBody, Stageable } from './documents.ts';
import { abortOperation, promoteOperations, stageOperation } from './staging.ts';

const place = { id: 'current|Observation|o', partition: 'RR8|P|a', trust: 'RR8' };
const body = (versionId: number, search: string[]): CurrentBody => ({
  kind: 'current',
  type: 'Observation',
  of: 'Observation|o',
  resource: 'o',
  versionId,
  lastUpdated: 1000 * versionId,
  change: versionId === 1 ? 'created' : 'updated',
  by: { actor: 'a', role: 'nurse', trust: 'RR8', request: 'r' },
  search,
  dates: [],
  sealed: `sealed-${versionId}`,
});
const stored = { document: { ...place, ...body(1, ['old', 'both']), _etag: '"e"', _ts: 7 }, etag: '"e"' };
const documentOf = (operation: ReturnType<typeof stageOperation>): Stageable<CurrentBody> => {
  assert.ok('document' in operation);
  return operation.document as Stageable<CurrentBody>;
};
const stagedUpdate = documentOf(stageOperation({ ...place, before: stored, after: body(2, ['both', 'new']) }, 't'));

test('a staged document is found by its old and its new terms', () => {
  assert.deepEqual(stagedUpdate.search, ['old', 'both', 'new']);
  assert.deepEqual(stagedUpdate.next?.was?.search, ['old', 'both']);
  assert.equal(stagedUpdate.versionId, 1);
  assert.ok(!('_ts' in stagedUpdate));
});

test('promotion keeps the version before, the terms of both, and says which transaction it was', () => {
  const transaction = { id: 't', committedAt: 5000, session: '0:-1#4' };
  const [version, current] = promoteOperations(stagedUpdate, '"f"', transaction, 5010);
  assert.ok(version?.op === 'create' && current?.op === 'replace');
  assert.deepEqual(
    { ...version.document },
    {
      ...{ id: 'version|Observation|o|1', partition: 'RR8|P|a', trust: 'RR8', kind: 'version', type: 'Observation' },
      ...{
        of: 'Observation|o',
        resource: 'o',
        versionId: 1,
        lastUpdated: 1000,
        from: 1000,
        to: 5000,
        change: 'created',
      },
      ...{ by: body(1, []).by, sealed: 'sealed-1' },
    },
  );
  const after = current.document as CurrentBody;
  assert.equal(after.lastUpdated, 5000);
  assert.deepEqual(after.search, ['old', 'both', 'new']);
  assert.deepEqual(after.promoted, { transaction: 't', at: 5010, session: '0:-1#4' });
  assert.ok(!('next' in after));
  assert.equal(current.ifMatch, '"f"');
});

test('a clock behind the version before does not turn time back', () => {
  const [, current] = promoteOperations(stagedUpdate, '"f"', { id: 't', committedAt: 400 }, 410);
  assert.ok(current?.op === 'replace');
  assert.equal((current.document as CurrentBody).lastUpdated, 1001);
});

test('abortion puts the document back as it was', () => {
  const operation = abortOperation(stagedUpdate, '"f"');
  assert.ok(operation.op === 'replace');
  assert.deepEqual({ ...operation.document }, { ...place, ...body(1, ['old', 'both']) });
});

test('a staged creation holds nothing but what is to come, and goes when it is aborted', () => {
  const staged = documentOf(stageOperation({ ...place, after: body(1, ['new']) }, 't'));
  assert.ok(!('sealed' in staged));
  assert.equal(staged.next?.document?.sealed, 'sealed-1');
  assert.deepEqual(abortOperation(staged, '"f"'), { op: 'delete', id: place.id, ifMatch: '"f"' });
});

test('a staged head gives no key away before its transaction is committed', () => {
  const head: HeadBody = { kind: 'head', of: 'a', seq: 1, wrappedKey: 'wrapped', sealed: 'sealed' };
  const operation = stageOperation({ ...place, id: 'head', after: head }, 't');
  assert.ok('document' in operation);
  const { next: _, ...shell } = operation.document as Stageable<HeadBody>;
  assert.deepEqual(shell, { ...place, id: 'head', kind: 'head', of: 'a', seq: 0, wrappedKey: '', sealed: '' });
});
