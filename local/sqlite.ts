import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/**
 * Opens a durable SQLite file: write-ahead log with full synchronisation, so that what was committed survives both
 * `kill -9` and a power cut (https://sqlite.org/pragma.html#pragma_synchronous).
 */
export function openDatabase(file: string, schema: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(file);
  db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;',
  );
  db.exec(schema);
  return db;
}

/** Statements of a database, each prepared once. */
export function prepareOnce(db: DatabaseSync): (sql: string) => StatementSync {
  const prepared = new Map<string, StatementSync>();
  return (sql) => {
    let found = prepared.get(sql);
    if (found === undefined) {
      found = db.prepare(sql);
      prepared.set(sql, found);
    }
    return found;
  };
}

interface Job {
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What the owner of a database does around the shared transactions. */
export interface CommitHooks {
  /** Writes, once a transaction, what every piece of work would otherwise write for itself. */
  readonly beforeCommit?: () => void;
  /** The whole transaction failed: what is held in memory has to follow the tables again. */
  readonly afterRollback?: () => void;
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

/**
 * Group commit: pieces of work queued during one turn of the event loop share one transaction and one fsync, and each
 * is answered only after the commit. A piece that throws is rolled back alone (savepoint); the others stand.
 */
export class GroupCommit {
  readonly #db: DatabaseSync;
  readonly #hooks: CommitHooks;
  #queue: Job[] = [];

  constructor(db: DatabaseSync, hooks: CommitHooks = {}) {
    this.#db = db;
    this.#hooks = hooks;
  }

  /** Runs `work` inside the next shared transaction; resolves with its result once that is durable. */
  run<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (this.#queue.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const jobs = this.#queue;
    this.#queue = [];
    let outcomes: Outcome[];
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      outcomes = jobs.map((job) => this.#runOne(job));
      this.#hooks.beforeCommit?.();
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#hooks.afterRollback?.();
      for (const job of jobs) job.reject(error);
      return;
    }
    for (const [index, job] of jobs.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) continue;
      if ('error' in outcome) job.reject(outcome.error);
      else job.resolve(outcome.value);
    }
  }

  #runOne(job: Job): Outcome {
    this.#db.exec('SAVEPOINT job');
    try {
      const value = job.work();
      this.#db.exec('RELEASE job');
      return { value };
    } catch (error) {
      this.#db.exec('ROLLBACK TO job; RELEASE job');
      return { error };
    }
  }
}
