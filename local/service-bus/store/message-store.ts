import type { Database } from './database.ts';

/** `x-opt-message-state`. */
export const messageState = { active: 0, deferred: 1, scheduled: 2 } as const;
export type MessageState = (typeof messageState)[keyof typeof messageState];

/** A message without its bytes: those stay on disk until somebody receives it. Times are milliseconds since 1970. */
export interface StoredMessage {
  readonly id: number;
  readonly sequence: number;
  /** The number it was first given: before it was scheduled, or by its topic. */
  readonly enqueuedSequence: number;
  state: MessageState;
  readonly session: string | null;
  deliveryCount: number;
  readonly enqueuedAt: number;
  /** 0: never. */
  readonly expiresAt: number;
  /** When a scheduled message is due; 0: it is not scheduled. */
  readonly dueAt: number;
  /** The entity whose dead letter it is. */
  readonly source: string | null;
}

const columns =
  'id, sequence, enqueued_sequence AS enqueuedSequence, state, session, delivery_count AS deliveryCount, enqueued_at AS enqueuedAt, expires_at AS expiresAt, due_at AS dueAt, source';
const block = 1000;

/** Messages of all entities. Call what changes them inside `Database.change`. */
export class MessageStore {
  readonly #db: Database;
  readonly #sequences = new Map<number, { last: number; reserved: number }>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** The next sequence number of an entity. Reserved in blocks: after a restart there may be a gap, never a repetition. */
  nextSequence(entity: number): number {
    let numbers = this.#sequences.get(entity);
    if (numbers === undefined) {
      const last = this.#lastSequence(entity);
      numbers = { last, reserved: last };
      this.#sequences.set(entity, numbers);
    }
    if (numbers.last === numbers.reserved) {
      this.#db.run('UPDATE entities SET sequences = ? WHERE id = ?', numbers.reserved + block, entity);
      numbers.reserved += block;
    }
    return ++numbers.last;
  }

  /** The last number given or reserved. A reservation may have been undone with its transaction: messages count too. */
  #lastSequence(entity: number): number {
    const reserved = this.#db.one<{ sequences: number }>('SELECT sequences FROM entities WHERE id = ?', entity);
    const used = Object.values(messageState).map((state) =>
      this.#db.one<{ last: number | null }>(
        'SELECT max(sequence) AS last FROM messages WHERE entity = ? AND state = ?',
        entity,
        state,
      ),
    );
    return Math.max(reserved?.sequences ?? 0, ...used.map((row) => row?.last ?? 0));
  }

  insert(entity: number, message: Omit<StoredMessage, 'id'>, bytes: Buffer): number {
    return this.#db.run(
      'INSERT INTO messages (entity, state, sequence, enqueued_sequence, session, delivery_count, enqueued_at, expires_at, due_at, source, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      entity,
      message.state,
      message.sequence,
      message.enqueuedSequence,
      message.session,
      message.deliveryCount,
      message.enqueuedAt,
      message.expiresAt,
      message.dueAt,
      message.source,
      bytes,
    ).id;
  }

  remove(id: number): void {
    this.#db.run('DELETE FROM messages WHERE id = ?', id);
  }

  /** @param bytes when the message was rewritten */
  update(id: number, state: MessageState, deliveryCount: number, bytes?: Buffer): void {
    if (bytes === undefined)
      this.#db.run('UPDATE messages SET state = ?, delivery_count = ? WHERE id = ?', state, deliveryCount, id);
    else
      this.#db.run(
        'UPDATE messages SET state = ?, delivery_count = ?, bytes = ? WHERE id = ?',
        state,
        deliveryCount,
        bytes,
        id,
      );
  }

  /** @throws Error when the message is gone: its caller held it, so that is a fault of this server */
  bytesOf(id: number): Buffer {
    const row = this.#db.one<{ bytes: Uint8Array }>('SELECT bytes FROM messages WHERE id = ?', id);
    if (row === undefined) throw new Error(`Message ${id} is gone from the store.`);
    return Buffer.from(row.bytes.buffer, row.bytes.byteOffset, row.bytes.byteLength);
  }

  /** Active messages after a sequence number, in order. @param session null: of an entity without sessions */
  ready(entity: number, session: string | null, after: number, limit: number): StoredMessage[] {
    return session === null
      ? this.#db.all(
          `SELECT ${columns} FROM messages WHERE entity = ? AND state = 0 AND sequence > ? ORDER BY sequence LIMIT ?`,
          entity,
          after,
          limit,
        )
      : this.#db.all(
          `SELECT ${columns} FROM messages WHERE entity = ? AND state = 0 AND session = ? AND sequence > ? ORDER BY sequence LIMIT ?`,
          entity,
          session,
          after,
          limit,
        );
  }

  /** Messages in every state from a sequence number on. */
  browse(entity: number, from: number, limit: number, session: string | undefined): StoredMessage[] {
    const filter = session === undefined ? '' : ' AND session = ?';
    return Object.values(messageState)
      .flatMap((state) =>
        this.#db.all<StoredMessage>(
          `SELECT ${columns} FROM messages WHERE entity = ? AND state = ? AND sequence >= ?${filter} ORDER BY sequence LIMIT ?`,
          entity,
          state,
          from,
          ...(session === undefined ? [] : [session]),
          limit,
        ),
      )
      .sort((a, b) => a.sequence - b.sequence)
      .slice(0, limit);
  }

  bySequence(entity: number, state: MessageState, sequence: number): StoredMessage | undefined {
    return this.#db.one(
      `SELECT ${columns} FROM messages WHERE entity = ? AND state = ? AND sequence = ?`,
      entity,
      state,
      sequence,
    );
  }

  /** The first session after `after`, by name, in which an active message waits. */
  sessionAfter(entity: number, after: string): string | undefined {
    const sql = 'SELECT session FROM messages WHERE entity = ? AND state = 0 AND session > ? ORDER BY session LIMIT 1';
    return this.#db.one<{ session: string }>(sql, entity, after)?.session;
  }

  firstSession(entity: number): string | undefined {
    const sql =
      'SELECT session FROM messages WHERE entity = ? AND state = 0 AND session IS NOT NULL ORDER BY session LIMIT 1';
    return this.#db.one<{ session: string }>(sql, entity)?.session;
  }

  /** Active messages whose time is over, with their entities. */
  expired(now: number, limit: number): (StoredMessage & { readonly entity: number })[] {
    return this.#db.all(
      `SELECT entity, ${columns} FROM messages WHERE expires_at > 0 AND state = 0 AND expires_at <= ? ORDER BY expires_at LIMIT ?`,
      now,
      limit,
    );
  }

  /** Scheduled messages whose time has come, with their entities. */
  due(now: number, limit: number): (StoredMessage & { readonly entity: number })[] {
    return this.#db.all(
      `SELECT entity, ${columns} FROM messages WHERE state = 2 AND due_at <= ? ORDER BY due_at, sequence LIMIT ?`,
      now,
      limit,
    );
  }

  /** How many messages an entity holds, by state. */
  count(entity: number): { active: number; deferred: number; scheduled: number } {
    const rows = this.#db.all<{ state: number; n: number }>(
      'SELECT state, count(*) AS n FROM messages WHERE entity = ? GROUP BY state',
      entity,
    );
    const of = (state: MessageState): number => rows.find((row) => row.state === state)?.n ?? 0;
    return {
      active: of(messageState.active),
      deferred: of(messageState.deferred),
      scheduled: of(messageState.scheduled),
    };
  }

  /** Bytes of an entity's messages. Reads through all of them. */
  size(entity: number): number {
    const sql = 'SELECT coalesce(sum(length(bytes)), 0) AS size FROM messages WHERE entity = ?';
    return this.#db.one<{ size: number }>(sql, entity)?.size ?? 0;
  }
}
