import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type BoardStore, boardOf, news2, startBoardStore, toldOf } from '../../test/support/boards.ts';
import { encounter } from '../../test/support/record-samples.ts';
import type { Documents } from '../azure/documents.ts';
import { compareBoards } from './index.ts';

let store: BoardStore;
before(async () => {
  store = await startBoardStore({ staleReadsMs: 100 });
});
after(() => store.close());

const labels = async (ward: string) =>
  (await boardOf(store.boards(), ward)).beds.flatMap(({ patient }) => patient?.label ?? []);
const move = async (token: string, id: string, bed: string | undefined) =>
  toldOf(
    await store.commit([
      { kind: 'update', type: 'Encounter', id, resource: { ...encounter(token, bed), id } as never },
    ]),
  );

/** Stops a projector before its n-th write, for good or until it is let go on. */
function stopping(atWrite: number, stop: () => Promise<void>) {
  let writes = 0;
  return (documents: Documents): Documents => ({
    ...documents,
    async batch(partition, operations) {
      if (operations.some(({ op }) => op !== 'read') && ++writes === atWrite) await stop();
      return documents.batch(partition, operations);
    },
  });
}

test('a projector that slept since it read the record cannot bring a patient back to a ward she left', async () => {
  for (const atWrite of [1, 2, 3]) {
    const { token, encounter: stay, commits } = await store.admit(`Schlaf${atWrite}`, 'J09-01');
    let wake = (): void => {};
    const asleep = new Promise<void>((resolve) => {
      wake = resolve;
    });
    let reached = (): void => {};
    const stopped = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const sleeper = store.boards(
      stopping(atWrite, () => {
        reached();
        return asleep;
      }),
    );
    const sleeping = sleeper.project(toldOf(commits[1] ?? assert.fail()));
    await Promise.race([stopped, sleeping]);
    await store.boards().project(await move(token, stay, 'J10-01'));
    wake();
    await sleeping;
    const name = `SCHLAF${atWrite}, T`;
    assert.ok(!(await labels('J09')).includes(name), `J09 after write ${atWrite}`);
    assert.equal((await labels('J10')).filter((label) => label === name).length, 1, `J10 after write ${atWrite}`);
  }
});

test('a projector that dies at any write leaves nothing that the next delivery does not mend', async () => {
  for (const atWrite of [1, 2, 3, 4]) {
    const { token, encounter: stay, commits } = await store.admit(`Tod${atWrite}`, 'J09-02');
    for (const commit of commits) await store.boards().project(toldOf(commit));
    const event = await move(token, stay, 'J10-02');
    const dying = store.boards(stopping(atWrite, () => Promise.reject(new Error('killed'))));
    if (atWrite < 4) await assert.rejects(dying.project(event), /killed/);
    const after = await move(token, stay, 'J09-01');
    for (const each of [event, after]) await store.boards().project(each, true);
    const name = `TOD${atWrite}, T`;
    assert.ok(!(await labels('J10')).includes(name), `J10 after write ${atWrite}`);
    assert.equal((await labels('J09')).filter((label) => label === name).length, 1, `J09 after write ${atWrite}`);
  }
});

test('twenty events at once, in any order and twice, end in what the record says', async () => {
  const { token, commits } = await store.admit('Viele', 'J09-02');
  const events = commits.map(toldOf);
  for (let minute = 10; minute < 28; minute++) {
    const score = news2(token, minute % 7, `2026-11-01T10:${minute}:00Z`);
    events.push(toldOf(await store.commit([{ kind: 'create', resource: score }])));
  }
  const all = [...events, ...events].toSorted((a, b) => (a.changes[0]?.id ?? '').localeCompare(b.changes[0]?.id ?? ''));
  const projectors = Array.from({ length: 3 }, () => store.boards());
  // A delivery that meets too much company is given back, as the bus would.
  const deliver = async (event: (typeof all)[number], index: number): Promise<void> => {
    for (;;) {
      try {
        return await projectors[index % 3]?.project(event);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  await Promise.all(all.map(deliver));
  const tile = (await boardOf(store.boards(), 'J09')).beds.find(({ patient }) => patient?.id === token);
  assert.deepEqual([tile?.news2?.observedAt, tile?.news2?.total], ['2026-11-01T10:27:00Z', 27 % 7]);
});

test('a rebuilt board equals the live one, and mends what was damaged', async () => {
  const boards = store.boards();
  const live = await boardOf(boards, 'J09');
  assert.equal((await boards.rebuildWard('RR8', 'J09')).corrected, 0);
  assert.deepEqual(compareBoards(live, await boardOf(boards, 'J09')), []);
  const documents = store.store.process().documents('boards');
  const { items } = await documents.query<{ id: string; partition: string }>(
    "SELECT * FROM c WHERE c.kind IN ('tile', 'head', 'placement')",
    {},
  );
  for (const { id, partition } of items) await documents.batch(partition, [{ op: 'delete', id }]);
  assert.deepEqual(await boards.wards('RR8'), ['J09', 'J10']);
  for (const ward of await boards.wards('RR8')) await boards.rebuildWard('RR8', ward);
  assert.deepEqual(compareBoards(live, await boardOf(boards, 'J09')), []);
});
