import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { GroupCommit, openDatabase, prepareOnce } from '../sqlite.ts';

const schema = `
CREATE TABLE IF NOT EXISTS event_subscriptions (topic TEXT NOT NULL, name TEXT NOT NULL, properties TEXT NOT NULL, declared INTEGER NOT NULL, validated INTEGER NOT NULL, PRIMARY KEY (topic, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pending_events (id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, subscription TEXT NOT NULL, event TEXT NOT NULL, attempts INTEGER NOT NULL, due INTEGER NOT NULL, published INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS pending_events_due ON pending_events (topic, subscription, due);
CREATE TABLE IF NOT EXISTS undelivered_events (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, subscription TEXT NOT NULL, container TEXT NOT NULL, event TEXT NOT NULL, since INTEGER NOT NULL);
`;

/** An event on its way to one subscription. */
export interface PendingEvent {
  readonly id: number;
  /** JSON of the event as it was published. */
  readonly event: string;
  /** Attempts made so far. */
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly published: number;
}

/** A subscription as it is kept. */
export interface StoredSubscription {
  readonly topic: string;
  readonly name: string;
  /** JSON of its properties. */
  readonly properties: string;
  /** Whether the definition names it, rather than a caller at run time. */
  readonly declared: boolean;
  /** Whether its endpoint has agreed to receive events. */
  readonly validated: boolean;
}

/** An event that was given up, on its way to blob storage. */
export interface UndeliveredEvent {
  readonly id: number;
  readonly topic: string;
  readonly subscription: string;
  readonly container: string;
  /** JSON of the event with why it was given up. */
  readonly event: string;
  readonly since: number;
}

/** Subscriptions, events that wait for delivery, and events given up, in one SQLite file. */
export class Store {
  readonly #db: DatabaseSync;
  readonly #commit: GroupCommit;
  readonly #sql: (text: string) => StatementSync;

  constructor(file: string) {
    this.#db = openDatabase(file, schema);
    this.#sql = prepareOnce(this.#db);
    this.#commit = new GroupCommit(this.#db);
  }

  subscriptions(): StoredSubscription[] {
    return this.#sql('SELECT * FROM event_subscriptions ORDER BY topic, name')
      .all()
      .map((row) => {
        const { topic, name, properties, declared, validated } = row as Record<string, unknown>;
        return {
          topic: String(topic),
          name: String(name),
          properties: String(properties),
          declared: declared === 1,
          validated: validated === 1,
        };
      });
  }

  saveSubscription({ topic, name, properties, declared, validated }: StoredSubscription): Promise<void> {
    return this.#commit.run(
      () =>
        void this.#sql('INSERT OR REPLACE INTO event_subscriptions VALUES (?, ?, ?, ?, ?)').run(
          topic,
          name,
          properties,
          Number(declared),
          Number(validated),
        ),
    );
  }

  /** Removes a subscription with what waits for it. */
  removeSubscription(topic: string, name: string): Promise<void> {
    return this.#commit.run(() => {
      this.#sql('DELETE FROM event_subscriptions WHERE topic = ? AND name = ?').run(topic, name);
      this.#sql('DELETE FROM pending_events WHERE topic = ? AND subscription = ?').run(topic, name);
    });
  }

  /** Durable before it resolves. @param events each with the names of the subscriptions that want it. */
  add(
    topic: string,
    events: readonly { readonly event: string; readonly subscriptions: readonly string[] }[],
    now: number,
  ): Promise<void> {
    return this.#commit.run(() => {
      const insert = this.#sql(
        'INSERT INTO pending_events (topic, subscription, event, attempts, due, published) VALUES (?, ?, ?, 0, ?, ?)',
      );
      for (const { event, subscriptions } of events)
        for (const subscription of subscriptions) insert.run(topic, subscription, event, now, now);
    });
  }

  due(topic: string, subscription: string, now: number, limit: number): PendingEvent[] {
    return this.#sql(
      'SELECT id, event, attempts, published FROM pending_events WHERE topic = ? AND subscription = ? AND due <= ? ORDER BY due LIMIT ?',
    ).all(topic, subscription, now, limit) as unknown as PendingEvent[];
  }

  delivered(ids: readonly number[]): Promise<void> {
    return this.#commit.run(() => {
      for (const id of ids) this.#sql('DELETE FROM pending_events WHERE id = ?').run(id);
    });
  }

  /** Counts the attempt, and lets the event wait until `due`. */
  later(id: number, attempts: number, due: number): Promise<void> {
    return this.#commit.run(
      () => void this.#sql('UPDATE pending_events SET attempts = ?, due = ? WHERE id = ?').run(attempts, due, id),
    );
  }

  /** Gives an event up: it waits for blob storage from here on, or is dropped where no container is named. */
  giveUp(
    id: number,
    undelivered: Pick<UndeliveredEvent, 'topic' | 'subscription' | 'container' | 'event' | 'since'> | undefined,
  ): Promise<void> {
    return this.#commit.run(() => {
      if (undelivered !== undefined) {
        const { topic, subscription, container, event, since } = undelivered;
        this.#sql(
          'INSERT INTO undelivered_events (topic, subscription, container, event, since) VALUES (?, ?, ?, ?, ?)',
        ).run(topic, subscription, container, event, since);
      }
      this.#sql('DELETE FROM pending_events WHERE id = ?').run(id);
    });
  }

  /** Events given up that no blob holds yet. */
  undelivered(limit: number): UndeliveredEvent[] {
    return this.#sql('SELECT * FROM undelivered_events ORDER BY id LIMIT ?').all(
      limit,
    ) as unknown as UndeliveredEvent[];
  }

  forgetUndelivered(ids: readonly number[]): Promise<void> {
    return this.#commit.run(() => {
      for (const id of ids) this.#sql('DELETE FROM undelivered_events WHERE id = ?').run(id);
    });
  }

  close(): void {
    this.#db.close();
  }
}
