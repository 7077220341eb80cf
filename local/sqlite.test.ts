import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { eventually } from './fixtures/eventually.ts';
import { GroupCommit, openDatabase } from './sqlite.ts';

const schema = 'CREATE TABLE IF NOT EXISTS notes (text TEXT UNIQUE)';
const ended: (() => void)[] = [];
afterEach(() => ended.splice(0).forEach((end) => void end()));

/** A database whose disk takes as long as the test wants. */
function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'sqlite-test-'));
  const db = openDatabase(join(folder, 'notes.db'), schema);
  const held: (() => void)[] = [];
  const commit = new GroupCommit(db, {
    synchronise: (_, done) => void held.push(() => done(null)),
  });
  ended.push(() => {
    commit.close();
    rmSync(folder, { recursive: true });
  });
  const insert = (text: string): number => Number(db.prepare('INSERT INTO notes VALUES (?)').run(text).changes);
  const texts = (): unknown[] =>
    db
      .prepare('SELECT text FROM notes')
      .all()
      .map(({ text }) => text);
  const told: string[] = [];
  const write = (text: string): Promise<unknown> =>
    commit
      .run(() => insert(text))
      .then(
        () => told.push(text),
        (error: Error) => told.push(`${text}: ${error.message}`),
      );
  return { commit, held, write, told, texts };
}
const atDisk = (held: readonly unknown[]): Promise<true> => eventually('a write at the disk', () => held.length === 1);
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

test('nobody is answered before the disk has what was written', async () => {
  const { held, write, told, texts } = setUp();
  const written = write('a');
  await atDisk(held);
  assert.deepEqual(texts(), ['a']);
  assert.deepEqual(told, []);
  held.shift()?.();
  await written;
  assert.deepEqual(told, ['a']);
});

test('what is written while the disk is at work shares its next turn', async () => {
  const { held, write, told } = setUp();
  const all = [write('a')];
  await atDisk(held);
  for (const text of ['b', 'c']) {
    all.push(write(text));
    await turn();
  }
  assert.equal(held.length, 1);
  held.shift()?.();
  await atDisk(held);
  assert.deepEqual(told, ['a']);
  held.shift()?.();
  await Promise.all(all);
  assert.deepEqual(told, ['a', 'b', 'c']);
  assert.equal(held.length, 0);
});

test('work that fails is undone alone, and told of once the others are safe', async () => {
  const { held, write, told, texts } = setUp();
  const all = [write('a'), write('a'), write('b')];
  await atDisk(held);
  held.shift()?.();
  await Promise.all(all);
  assert.deepEqual(texts(), ['a', 'b']);
  assert.deepEqual(told, ['a', 'a: UNIQUE constraint failed: notes.text', 'b']);
});

test('work that only reads does not wait for the disk', async () => {
  const { commit, held } = setUp();
  assert.equal(await commit.run(() => 7), 7);
  assert.equal(held.length, 0);
});

test('work that reads what has not reached the disk waits with it', async () => {
  const { commit, held, write, told } = setUp();
  const written = write('a');
  await atDisk(held);
  const read = commit.run(() => 7).then(() => told.push('read'));
  await turn();
  assert.deepEqual(told, []);
  held.shift()?.();
  await Promise.all([written, read]);
  assert.deepEqual(told, ['a', 'read']);
});

test('work that comes after the end is refused', async () => {
  const { commit } = setUp();
  ended.splice(0);
  commit.close();
  await assert.rejects(
    commit.run(() => 7),
    /database is not open/,
  );
});
