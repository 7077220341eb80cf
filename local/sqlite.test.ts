import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { GroupCommit, openDatabase } from './sqlite.ts';

test('work that fails is undone alone, and what came with it stands', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'sqlite-test-'));
  const db = openDatabase(join(folder, 'notes.db'), 'CREATE TABLE IF NOT EXISTS notes (text TEXT UNIQUE)');
  context.after(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  const commit = new GroupCommit(db);
  const write = (text: string) => commit.run(() => db.prepare('INSERT INTO notes VALUES (?)').run(text).changes);
  const outcomes = await Promise.allSettled([write('a'), write('a'), write('b')]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(
    db
      .prepare('SELECT text FROM notes')
      .all()
      .map(({ text }) => text),
    ['a', 'b'],
  );
});
