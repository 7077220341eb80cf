import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Collection, collect } from './collect.ts';
import type { CurrentBody, Stageable, TransactionDocument } from './documents.ts';
import type { Outcomes, Reader } from './reader.ts';

const now = (): number => 100_000;
const document = (id: string, versionId: number, promoted?: CurrentBody['promoted']): Stageable<CurrentBody> => ({
  id,
  partition: `RR8|P|${id}`,
  trust: 'RR8',
  kind: 'current',
  type: 'Observation',
  of: `Observation|${id}`,
  resource: id,
  versionId,
  lastUpdated: 1,
  change: 'updated',
  by: { actor: 'a', role: 'nurse', trust: 'RR8', request: 'r' },
  search: [],
  dates: [],
  ...(promoted === undefined ? {} : { promoted }),
});
const mark = { transaction: 't', at: now() - 500, session: '0:-1#20' };
const stagedBy = (before: Stageable<CurrentBody>): Stageable<CurrentBody> => ({
  ...before,
  next: { transaction: 't', document: { ...before, versionId: 2 }, was: { search: [], dates: [] } },
});

const readerOf = (outcome: Partial<TransactionDocument> | undefined): Pick<Reader, 'outcomesOf'> => ({
  outcomesOf: async (documents): Promise<Outcomes> =>
    new Map(documents.some(({ next }) => next !== undefined) ? [['t', outcome as TransactionDocument]] : []),
});

/** Rounds one after the other; notes which session each was asked at. */
function rounds(...answers: Awaited<ReturnType<Collection>>[]): { run: Collection; asked: (string | undefined)[] } {
  const asked: (string | undefined)[] = [];
  return {
    asked,
    async run(session) {
      asked.push(session);
      const answer = answers[asked.length - 1];
      assert.ok(answer, 'one round too many');
      return answer;
    },
  };
}
const versions = (collected: Awaited<ReturnType<typeof collect>>): number[] =>
  collected.views.map(({ body }) => (body.kind === 'current' ? body.versionId : 0));

test('documents that nobody staged are read once', async () => {
  const { run, asked } = rounds({ documents: [document('a', 1), document('b', 1)], session: '0:-1#9' });
  assert.deepEqual(versions(await collect(readerOf(undefined), now, run, undefined)), [1, 1]);
  assert.deepEqual(asked, [undefined]);
});

test('a promotion that another document of the answer may lag behind is read again, from replicas that know it', async () => {
  const { run, asked } = rounds(
    { documents: [document('a', 2, mark), document('b', 1)], session: '1:-1#3' },
    { documents: [document('a', 2, mark), document('b', 2, mark)], session: '1:-1#3' },
  );
  assert.deepEqual(versions(await collect(readerOf(undefined), now, run, undefined)), [2, 2]);
  assert.deepEqual(asked, [undefined, '1:-1#3,0:-1#20']);
});

test('an answer of one moment at or after the transaction is whole at once', async () => {
  const { run } = rounds({ documents: [document('a', 2, mark)], session: '0:-1#20', floor: '0:-1#20' });
  assert.deepEqual(versions(await collect(readerOf(undefined), now, run, undefined)), [2]);
});

test('an answer of one moment before the transaction was staged everywhere is read again', async () => {
  const early = { documents: [document('a', 2, mark)], session: '0:-1#19', floor: '0:-1#19' };
  const { run, asked } = rounds(early, { ...early, floor: '0:-1#21' });
  await collect(readerOf(undefined), now, run, undefined);
  assert.equal(asked.length, 2);
});

test('a promotion of long ago is seen by every replica', async () => {
  const { run } = rounds({ documents: [document('a', 2, { ...mark, at: now() - 11_000 })], session: '1:-1#3' });
  assert.deepEqual(versions(await collect(readerOf(undefined), now, run, undefined)), [2]);
});

test('what an open or a forgotten transaction staged does not count, and needs no second look', async () => {
  for (const outcome of [{ state: 'open' }, { state: 'aborted' }, undefined] as const) {
    const { run } = rounds({ documents: [stagedBy(document('a', 1))], session: '0:-1#9' });
    assert.deepEqual(versions(await collect(readerOf(outcome), now, run, undefined)), [1]);
  }
});

test('what a committed transaction staged counts, and all of it has to be known', async () => {
  const answer = { documents: [stagedBy(document('a', 1))], session: '0:-1#9' };
  const { run, asked } = rounds(answer, answer);
  const committed = { state: 'committed', committedAt: 5, session: '0:-1#20' } as const;
  assert.deepEqual(versions(await collect(readerOf(committed), now, run, undefined)), [2]);
  assert.deepEqual(asked, [undefined, '0:-1#20']);
});

test('a record that never stops changing is given up, not shown half', async () => {
  let lsn = 20;
  const run: Collection = async () => {
    lsn += 10;
    return { documents: [document('a', 2, { ...mark, session: `0:-1#${lsn}` })], session: '1:-1#3' };
  };
  await assert.rejects(collect(readerOf(undefined), now, run, undefined), { code: 'unavailable' });
});
