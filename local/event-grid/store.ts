import type { DatabaseSync } from 'node:sqlite';
import { GroupCommit, openDatabase } from '../sqlite.ts';

const schema = `
CREATE TABLE IF NOT EXISTS subscriptions (topic TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL, PRIMARY KEY (topic, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, subscription TEXT NOT NULL, event TEXT NOT NULL, attempts INTEGER NOT NULL, due INTEGER NOT NULL, published INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due);
CREATE TABLE IF NOT EXISTS dead_letters (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, subscription TEXT NOT NULL, event TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL);
`;

/** An event on its way to one subscription. */
export interface Delivery {
  readonly id: number;
  readonly topic: string;
  readonly subscription: string;
  /** JSON of the CloudEvent. */
  readonly event: string;
  readonly attempts: number;
  readonly published: number;
}

export interface Subscription {
  readonly name: string;
  readonly endpoint: string;
  /** Event types it wants; without, all. */
  readonly eventTypes?: readonly string[];
  readonly subjectBeginsWith?: string;
  readonly subjectEndsWith?: string;
}

/** Subscriptions added at run time, deliveries and dead letters, in one SQLite file. */
export class Store {
  readonly #db: DatabaseSync;
  readonly #commit: GroupCommit;

  constructor(file: string) {
    this.#db = openDatabase(file, schema);
    this.#commit = new GroupCommit(this.#db);
  }

  subscriptions(topic: string): Subscription[] {
    return (
      this.#db.prepare('SELECT definition FROM subscriptions WHERE topic = ?').all(topic) as { definition: string }[]
    ).map(({ definition }) => JSON.parse(definition));
  }

  saveSubscription(topic: string, subscription: Subscription): Promise<void> {
    return this.#commit.run(
      () =>
        void this.#db
          .prepare('INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?)')
          .run(topic, subscription.name, JSON.stringify(subscription)),
    );
  }

  removeSubscription(topic: string, name: string): Promise<void> {
    return this.#commit.run(
      () => void this.#db.prepare('DELETE FROM subscriptions WHERE topic = ? AND name = ?').run(topic, name),
    );
  }

  /** Durable before it resolves. */
  add(deliveries: readonly { topic: string; subscription: string; event: string }[], now: number): Promise<void> {
    return this.#commit.run(() => {
      const insert = this.#db.prepare(
        'INSERT INTO deliveries (topic, subscription, event, attempts, due, published) VALUES (?, ?, ?, 0, ?, ?)',
      );
      for (const { topic, subscription, event } of deliveries) insert.run(topic, subscription, event, now, now);
    });
  }

  due(now: number, limit: number): Delivery[] {
    return this.#db
      .prepare('SELECT * FROM deliveries WHERE due <= ? ORDER BY due LIMIT ?')
      .all(now, limit) as unknown as Delivery[];
  }

  done(id: number): Promise<void> {
    return this.#commit.run(() => void this.#db.prepare('DELETE FROM deliveries WHERE id = ?').run(id));
  }

  later(id: number, attempts: number, due: number): Promise<void> {
    return this.#commit.run(
      () => void this.#db.prepare('UPDATE deliveries SET attempts = ?, due = ? WHERE id = ?').run(attempts, due, id),
    );
  }

  deadLetter(delivery: Delivery, reason: string, now: number): Promise<void> {
    return this.#commit.run(() => {
      this.#db
        .prepare('INSERT INTO dead_letters (topic, subscription, event, reason, at) VALUES (?, ?, ?, ?, ?)')
        .run(delivery.topic, delivery.subscription, delivery.event, reason, now);
      this.#db.prepare('DELETE FROM deliveries WHERE id = ?').run(delivery.id);
    });
  }

  deadLetters(topic: string): unknown[] {
    return this.#db.prepare('SELECT subscription, event, reason, at FROM dead_letters WHERE topic = ?').all(topic);
  }

  close(): void {
    this.#db.close();
  }
}
