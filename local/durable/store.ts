import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { prepareOnce } from '../sqlite.ts';
import type { HistoryEvent } from './history.ts';

export type RuntimeStatus = 'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Terminated';

/** An orchestration. Texts hold JSON; moments are epoch milliseconds. */
export interface Instance {
  readonly id: string;
  /** Changes when the instance starts over: what was sent to an earlier run reaches nobody. */
  readonly execution: string;
  readonly name: string;
  readonly version: string;
  readonly input: string | null;
  readonly status: RuntimeStatus;
  readonly output: string | null;
  readonly custom_status: string | null;
  readonly created: number;
  readonly updated: number;
  readonly parent: string | null;
  readonly parent_execution: string | null;
  readonly parent_task: number | null;
  readonly traceparent: string | null;
  /** Of a failed one: the actions it had returned, for a rewind. */
  readonly actions: string | null;
}
/** An event that an orchestration has not taken yet. */
export interface InboxEvent {
  readonly n: number;
  readonly event: string;
}
/** An activity, or an HTTP request, that has to run. */
export interface Work {
  readonly n: number;
  readonly instance: string;
  readonly execution: string;
  readonly task: number;
  readonly kind: 'activity' | 'http';
  readonly name: string;
  readonly input: string | null;
}
export interface Entity {
  readonly id: string;
  readonly state: string | null;
  readonly present: number;
  readonly locked_by: string | null;
  readonly updated: number;
}
export interface EntityMessage {
  readonly n: number;
  readonly request: string;
}

const schema = `
CREATE TABLE IF NOT EXISTS instances (
  id TEXT PRIMARY KEY, execution TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, input TEXT, status TEXT NOT NULL,
  output TEXT, custom_status TEXT, created INTEGER NOT NULL, updated INTEGER NOT NULL,
  parent TEXT, parent_execution TEXT, parent_task INTEGER, traceparent TEXT, actions TEXT
);
CREATE TABLE IF NOT EXISTS history (instance TEXT NOT NULL, seq INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (instance, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox (n INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, execution TEXT, timer INTEGER, due INTEGER NOT NULL, event TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS inbox_instance ON inbox (instance, due);
CREATE INDEX IF NOT EXISTS inbox_due ON inbox (due);
CREATE TABLE IF NOT EXISTS work (
  n INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, execution TEXT NOT NULL, task INTEGER NOT NULL,
  kind TEXT NOT NULL, name TEXT NOT NULL, input TEXT, due INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS work_due ON work (due);
CREATE INDEX IF NOT EXISTS work_instance ON work (instance);
CREATE TABLE IF NOT EXISTS entities (id TEXT PRIMARY KEY, state TEXT, present INTEGER NOT NULL, locked_by TEXT, updated INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS entity_locks ON entities (locked_by) WHERE locked_by IS NOT NULL;
CREATE TABLE IF NOT EXISTS entity_inbox (n INTEGER PRIMARY KEY AUTOINCREMENT, entity TEXT NOT NULL, execution TEXT, request TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entity_inbox_entity ON entity_inbox (entity, n);
`;

export { schema as durableSchema };

/** Everything that a task hub keeps. Writes belong into a transaction of the caller's. */
export class Store {
  readonly #statement: (sql: string) => StatementSync;

  constructor(db: DatabaseSync) {
    this.#statement = prepareOnce(db);
  }

  /** Runs a statement, prepared once. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }
  all<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#statement(sql).all(...values) as T[];
  }
  get<T>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#statement(sql).get(...values) as T | undefined;
  }

  instance(id: string): Instance | undefined {
    return this.get<Instance>('SELECT * FROM instances WHERE id = ?', id);
  }

  history(id: string): HistoryEvent[] {
    return this.all<{ event: string }>('SELECT event FROM history WHERE instance = ? ORDER BY seq', id).map(
      ({ event }) => JSON.parse(event) as HistoryEvent,
    );
  }

  append(id: string, events: readonly HistoryEvent[]): void {
    const sql = `INSERT INTO history VALUES (?1, (SELECT COALESCE(MAX(seq), 0) + 1 FROM history WHERE instance = ?1), ?2)`;
    for (const event of events) this.run(sql, id, JSON.stringify(event));
  }

  /** Events that an instance can take now, oldest first. */
  inbox(id: string, execution: string, now: number): InboxEvent[] {
    return this.all<InboxEvent>(
      'SELECT n, event FROM inbox WHERE instance = ? AND (execution IS NULL OR execution = ?) AND due <= ? ORDER BY due, n LIMIT 1000',
      id,
      execution,
      now,
    );
  }

  /** @param to `execution`: for that run only; null for whichever run takes it. `due`: epoch milliseconds. */
  post(to: { instance: string; execution: string | null; due: number; timer?: number }, event: HistoryEvent): void {
    this.run(
      'INSERT INTO inbox (instance, execution, timer, due, event) VALUES (?, ?, ?, ?, ?)',
      to.instance,
      to.execution,
      to.timer ?? null,
      to.due,
      JSON.stringify(event),
    );
  }

  /** Posts what a task of a run has come to; it is lost on a run that is over (a failed one may be rewound). */
  answer(to: { instance: string; execution: string; due: number }, event: HistoryEvent): void {
    const instance = this.instance(to.instance);
    if (instance?.execution !== to.execution) return;
    if (instance.status !== 'Completed' && instance.status !== 'Terminated') this.post(to, event);
  }

  send(entity: string, execution: string | null, request: object): void {
    this.run(
      'INSERT INTO entity_inbox (entity, execution, request) VALUES (?, ?, ?)',
      entity,
      execution,
      JSON.stringify(request),
    );
  }

  /** Forgets what an instance has done, waits for and holds. */
  clear(id: string, execution: string): void {
    this.run('DELETE FROM history WHERE instance = ?', id);
    this.run('DELETE FROM inbox WHERE instance = ?', id);
    this.run('DELETE FROM work WHERE instance = ?', id);
    this.unlock(execution);
  }

  /** Nobody keeps a lock who cannot give it back. */
  unlock(execution: string): void {
    this.run('UPDATE entities SET locked_by = NULL WHERE locked_by = ?', execution);
  }
}

const over: ReadonlySet<RuntimeStatus> = new Set(['Completed', 'Failed', 'Terminated']);
export const isOver = ({ status }: Pick<Instance, 'status'>): boolean => over.has(status);
