import { closeSync, fdatasync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/**
 * Opens a durable SQLite file: write-ahead log with full synchronisation, so that what was committed survives both
 * `kill -9` and a power cut (https://sqlite.org/pragma.html#pragma_synchronous). {@link GroupCommit} does the same for
 * many at once.
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
  /** How a file reaches the disk; fdatasync(2) unless a test wants to hold it up. */
  readonly synchronise?: Synchronise;
}

type Synchronise = (file: number, done: (error: Error | null) => void) => void;
type Outcome = { readonly value: unknown } | { readonly error: unknown };

/**
 * Group commit: pieces of work queued during one turn of the event loop share one transaction, and each is answered
 * only after the disk has it. A piece that throws is rolled back alone (savepoint); the others stand.
 *
 * The disk is waited for on another thread: meanwhile requests are read and answers written, and what is to be changed
 * gathers for the next transaction. So SQLite itself synchronises only around checkpoints (NORMAL), and
 * the write-ahead log is synchronised here, by its own file. What a reader sees may thus not have reached the disk yet:
 * only a power cut, never `kill -9`, can take it back, and never after its writer was answered.
 */
export class GroupCommit {
  readonly #db: DatabaseSync;
  readonly #hooks: CommitHooks;
  readonly #synchronise: Synchronise;
  readonly #changes: StatementSync;
  readonly #begin: StatementSync;
  readonly #release: StatementSync;
  #seen: unknown = 0;
  #queue: Job[] = [];
  #isSynchronising = false;
  #log: number | undefined;

  constructor(db: DatabaseSync, hooks: CommitHooks = {}) {
    this.#db = db;
    this.#hooks = hooks;
    this.#synchronise = hooks.synchronise ?? fdatasync;
    db.exec('PRAGMA synchronous = NORMAL');
    this.#begin = db.prepare('SAVEPOINT job');
    this.#release = db.prepare('RELEASE job');
    this.#changes = db.prepare('SELECT total_changes() AS n');
    this.#seen = this.#changes.get()?.['n'];
  }

  /** Runs `work` inside the next shared transaction; resolves with its result once that is durable. */
  run<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (this.#queue.length === 1 && !this.#isSynchronising) setImmediate(() => this.#flush());
    });
  }

  /** Closes the database with the log that belongs to it. */
  close(): void {
    this.#db.close();
    if (this.#log !== undefined && !this.#isSynchronising) closeSync(this.#log);
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
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#hooks.afterRollback?.();
      for (const job of jobs) job.reject(error);
      return;
    }
    this.#reachDisk(() => answer(jobs, outcomes));
  }

  #reachDisk(then: () => void): void {
    const changes = this.#changes.get()?.['n'];
    if (changes === this.#seen) return then();
    this.#seen = changes;
    this.#log ??= openSync(`${this.#db.location()}-wal`, 'r+');
    this.#isSynchronising = true;
    this.#synchronise(this.#log, (error) => {
      this.#isSynchronising = false;
      // After a failure the system may forget what it could not write: only a new start tells what the disk has.
      if (error !== null) throw error;
      then();
      if (!this.#db.isOpen) closeSync(this.#log ?? -1);
      else if (this.#queue.length > 0) setImmediate(() => this.#flush());
    });
  }

  #runOne(job: Job): Outcome {
    this.#begin.run();
    try {
      const value = job.work();
      this.#release.run();
      return { value };
    } catch (error) {
      this.#db.exec('ROLLBACK TO job; RELEASE job');
      return { error };
    }
  }
}

function answer(jobs: readonly Job[], outcomes: readonly Outcome[]): void {
  for (const [index, job] of jobs.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) continue;
    if ('error' in outcome) job.reject(outcome.error);
    else job.resolve(outcome.value);
  }
}
