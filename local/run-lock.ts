import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Held by the one process that runs a state folder; the operating system frees it when that process ends, however. */
export interface RunLock {
  release(): void;
}

/** Takes the lock of a state folder. @returns undefined when another process holds it: it is running there. */
export function takeRunLock(state: string): RunLock | undefined {
  const folder = join(state, 'run');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(join(folder, 'lock.db'), { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    // SQLITE_BUSY (https://sqlite.org/rescode.html#busy)
    if (error instanceof Error && 'errcode' in error && error.errcode === 5) return undefined;
    throw error;
  }
  return { release: () => db.close() };
}
