import type { DatabaseSync } from 'node:sqlite';
import { GroupCommit, openDatabase } from '../sqlite.ts';

/** An item as Application Insights' clients send it. */
export interface Envelope {
  readonly time: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly data: {
    /** `RequestData`, `RemoteDependencyData`, `MessageData`, `EventData`, `ExceptionData`, `MetricData`, … */
    readonly baseType: string;
    readonly baseData?: { readonly properties?: Readonly<Record<string, unknown>> };
  };
}

/** What to look for; all that is given must hold. */
export interface TelemetryQuery {
  /** Trace id (`ai.operation.id`). */
  readonly operation?: string;
  readonly attribute?: { readonly name: string; readonly value: string };
  readonly kind?: string;
  /** ISO time; items from then on. */
  readonly since?: string;
  readonly limit: number;
}

const schema = `
CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, operation TEXT, kind TEXT, time TEXT NOT NULL, envelope TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_operation ON items (operation);
CREATE INDEX IF NOT EXISTS by_time ON items (time);
CREATE TABLE IF NOT EXISTS attributes (name TEXT NOT NULL, value TEXT NOT NULL, item INTEGER NOT NULL, PRIMARY KEY (name, value, item)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS attributes_by_item ON attributes (item);
`;
/** The oldest items go when there are so many more than may be kept. */
const slack = 1000;

/** Telemetry in one SQLite file, the newest of it. */
export class TelemetryStore {
  readonly #db: DatabaseSync;
  readonly #commit: GroupCommit;
  readonly #kept: number;

  /** @param kept how many items are kept. */
  constructor(file: string, kept: number) {
    this.#db = openDatabase(file, schema);
    this.#commit = new GroupCommit(this.#db);
    this.#kept = kept;
  }

  /** Durable before it resolves. */
  add(envelopes: readonly Envelope[]): Promise<void> {
    return this.#commit.run(() => {
      for (const envelope of envelopes) this.#addOne(envelope);
      this.#forget();
    });
  }

  /** In the order of their times. */
  find({ operation, attribute, kind, since, limit }: TelemetryQuery): Envelope[] {
    const conditions: readonly [string, ...string[]][] = [
      ...(operation === undefined ? [] : ([['operation = ?', operation]] as [string, string][])),
      ...(kind === undefined ? [] : ([['kind = ?', kind]] as [string, string][])),
      ...(since === undefined ? [] : ([['time >= ?', since]] as [string, string][])),
      ...(attribute === undefined
        ? []
        : ([['id IN (SELECT item FROM attributes WHERE name = ? AND value = ?)', attribute.name, attribute.value]] as [
            string,
            string,
            string,
          ][])),
    ];
    const where = conditions.map(([condition]) => condition).join(' AND ');
    return this.#db
      .prepare(`SELECT envelope FROM items ${where && `WHERE ${where}`} ORDER BY time LIMIT ?`)
      .all(...conditions.flatMap(([, ...values]) => values), limit)
      .map((row) => JSON.parse(String(row['envelope'])));
  }

  close(): void {
    this.#db.close();
  }

  #addOne(envelope: Envelope): void {
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO items (operation, kind, time, envelope) VALUES (?, ?, ?, ?)')
      .run(envelope.tags?.['ai.operation.id'] ?? null, envelope.data.baseType, envelope.time, JSON.stringify(envelope));
    const insert = this.#db.prepare('INSERT OR IGNORE INTO attributes VALUES (?, ?, ?)');
    for (const [name, value] of Object.entries(envelope.data.baseData?.properties ?? {}))
      insert.run(name, String(value), lastInsertRowid);
  }

  #forget(): void {
    const row = this.#db.prepare('SELECT MIN(id) AS first, MAX(id) AS last FROM items').get();
    const [first, last] = [Number(row?.['first']), Number(row?.['last'])];
    if (last - first < this.#kept + slack) return;
    const until = last - this.#kept;
    this.#db.prepare('DELETE FROM attributes WHERE item <= ?').run(until);
    this.#db.prepare('DELETE FROM items WHERE id <= ?').run(until);
  }
}
