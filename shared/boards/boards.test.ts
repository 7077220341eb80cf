import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type BoardStore, boardOf, news2, startBoardStore, toldOf, viewer } from '../../test/support/boards.ts';
import { encounter, patient } from '../../test/support/record-samples.ts';
import type { Boards } from './index.ts';

let store: BoardStore;
before(async () => {
  store = await startBoardStore({ staleReadsMs: 150 });
});
after(() => store.close());

const bedOf = async (boards: Boards, ward: string, bed: string) =>
  (await boardOf(boards, ward)).beds.filter((one) => one.bed === bed);
const moveTo = async (token: string, id: string, bed: string | undefined) =>
  toldOf(
    await store.commit([
      { kind: 'update', type: 'Encounter', id, resource: { ...encounter(token, bed), id } as never },
    ]),
  );

test('a ward shows all of its beds in order, the empty ones too', async () => {
  const { ward, mode, beds } = await boardOf(store.boards(), 'J10');
  assert.deepEqual({ ward, mode }, { ward: 'J10', mode: 'staff-area' });
  assert.deepEqual(beds, [
    { bed: 'J10-01', state: 'empty' },
    { bed: 'J10-02', state: 'empty' },
  ]);
});

test('a ward that the trust does not have is not found', async () => {
  await assert.rejects(store.boards().read(viewer(), 'Z99', null), { code: 'not-found' });
});

test('an admitted patient appears, the newest NEWS2 with her, and everybody who looks is told', async () => {
  const boards = store.boards();
  const listener = await store.listen(boards, 'J09');
  const { token, encounter: stay, commits } = await store.admit('Adler', 'J09-01');
  for (const commit of commits) await boards.project(toldOf(commit));
  const first = await store.commit([{ kind: 'create', resource: news2(token, 3, '2026-11-01T10:00:00Z') }]);
  const second = await store.commit([{ kind: 'create', resource: news2(token, 7, '2026-11-01T12:00:00Z') }]);
  await boards.project(toldOf(second));
  await boards.project(toldOf(first));
  const [bed] = await bedOf(boards, 'J09', 'J09-01');
  assert.equal(bed?.encounter, stay);
  assert.deepEqual({ ...bed?.patient, age: undefined }, { id: token, label: 'ADLER, T', age: undefined });
  assert.deepEqual(bed?.news2, {
    ...{ total: 7, complete: true, singleParameter: false },
    ...{ observedAt: '2026-11-01T12:00:00Z', trend: 'up' },
  });
  const { version } = await boardOf(boards, 'J09');
  assert.equal(listener.hints.at(-1)?.version, version);
  assert.deepEqual(Object.keys(listener.hints.at(-1) ?? {}).sort(), ['committedAt', 'trace', 'version', 'ward']);
  listener.close();
});

test('a second delivery of the same event changes nothing, but hints again', async () => {
  const boards = store.boards();
  const { commits } = await store.admit('Birke', 'J09-02');
  for (const commit of commits) await boards.project(toldOf(commit));
  const { version } = await boardOf(boards, 'J09');
  const listener = await store.listen(boards, 'J09');
  for (const commit of commits) await boards.project(toldOf(commit), true);
  assert.equal((await boardOf(boards, 'J09')).version, version);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(listener.hints.at(-1)?.version, version);
  listener.close();
});

test('a board that is known already costs one read and says who is on it', async () => {
  const boards = store.boards();
  const { etag, patients } = await boards.read(viewer(), 'J09', null);
  for (const known of [etag, `W/${etag}`, `"0", ${etag}`]) {
    const again = await boards.read(viewer(), 'J09', known);
    assert.equal(again.board, undefined);
    assert.deepEqual(again.patients.toSorted(), patients.toSorted());
  }
  assert.notEqual((await boards.read(viewer(), 'J09', '"0"')).board, undefined);
});

test('a device sees initials, no name, no patient and no encounter', async () => {
  const boards = store.boards();
  const { commits } = await store.admit('Cedrone', 'J09-01');
  for (const commit of commits) await boards.project(toldOf(commit));
  const { board } = await boards.read(viewer('device'), 'J09', null);
  assert.equal(board?.mode, 'public');
  const text = JSON.stringify(board);
  for (const hidden of ['CEDRONE', 'Cedrone', 'Testina', 'encounter', commits[0]?.changes[0]?.id ?? ''])
    assert.ok(!text.includes(hidden), hidden);
  assert.ok(text.includes('"TC"'));
});

test('two patients in one bed both stand on the board', async () => {
  const boards = store.boards();
  const both = [await store.admit('Doppel', 'J10-01'), await store.admit('Zweit', 'J10-01')];
  for (const { commits } of both) for (const commit of commits) await boards.project(toldOf(commit));
  const labels = (await bedOf(boards, 'J10', 'J10-01')).map(({ patient }) => patient?.label);
  assert.deepEqual(labels.toSorted(), ['DOPPEL, T', 'ZWEIT, T']);
});

test('a patient who changes wards is shown by the new one and no longer by the old one', async () => {
  const boards = store.boards();
  const { token, encounter: stay, commits } = await store.admit('Ebner', 'J09-02');
  for (const commit of commits) await boards.project(toldOf(commit));
  await boards.project(await moveTo(token, stay, 'J10-02'));
  const names = async (ward: string) => (await boardOf(boards, ward)).beds.map(({ patient }) => patient?.label);
  assert.ok((await names('J10')).includes('EBNER, T'));
  assert.ok(!(await names('J09')).includes('EBNER, T'));
  await boards.project(await moveTo(token, stay, undefined));
  assert.ok(!(await names('J10')).includes('EBNER, T'));
  await boards.project(await moveTo(token, stay, 'J09-02'));
  assert.ok((await names('J09')).includes('EBNER, T'), 'a patient who comes back is shown again');
});

test('a bed that the ward gets appears without anybody doing anything', async () => {
  const boards = store.boards();
  await boardOf(boards, 'J10');
  const bed = {
    ...{ resourceType: 'Location', name: 'J10-03', partOf: { reference: 'Location/J10' } },
    physicalType: { coding: [{ code: 'bd' }] },
  };
  await boards.project(toldOf(await store.commit([{ kind: 'create', resource: bed, id: 'J10-03' }])));
  assert.deepEqual(await bedOf(boards, 'J10', 'J10-03'), [{ bed: 'J10-03', state: 'empty' }]);
});

test('a patient who is sealed while on the ward loses her name there, and gets it back', async () => {
  const boards = store.boards();
  const { token, commits } = await store.admit('Versiegelt', 'J10-02');
  for (const commit of commits) await boards.project(toldOf(commit));
  const label = (code: string | undefined) =>
    store.commit([
      {
        kind: 'update',
        type: 'Patient',
        id: token,
        resource: {
          ...patient('Versiegelt'),
          id: token,
          ...(code === undefined
            ? {}
            : { meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code }] } }),
        },
      },
    ]);
  assert.match((await bedOf(boards, 'J10', 'J10-02'))[0]?.patient?.label ?? '', /VERSIEGELT/);
  await boards.project(toldOf(await label('V')));
  assert.deepEqual(await bedOf(boards, 'J10', 'J10-02'), [{ bed: 'J10-02', state: 'occupied', restricted: true }]);
  await boards.project(toldOf(await label('R')));
  assert.equal((await bedOf(boards, 'J10', 'J10-02'))[0]?.patient?.id, token, 'a nurse is a clinician');
  await boards.project(toldOf(await label(undefined)));
  assert.match((await bedOf(boards, 'J10', 'J10-02'))[0]?.patient?.label ?? '', /VERSIEGELT/);
});
