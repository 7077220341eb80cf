import type { Database } from './database.ts';

export type EntityKind = 'queue' | 'topic' | 'subscription' | 'dead-letters';

/** An entity as it is kept: `path` in small letters is its key, `name` as it was written. */
export interface StoredEntity {
  readonly id: number;
  readonly path: string;
  readonly kind: EntityKind;
  readonly name: string;
  /** JSON. */
  readonly properties: string;
  readonly created: number;
  readonly updated: number;
}

export interface StoredRule {
  readonly name: string;
  /** JSON. */
  readonly definition: string;
}

/** Entities, their rules, and what the entity file declared of them. Call what changes them inside `Database.change`. */
export class EntityStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Queues and topics before what belongs to them. */
  all(): StoredEntity[] {
    return this.#db.all(
      'SELECT id, path, kind, name, properties, created, updated FROM entities ORDER BY length(path), path',
    );
  }

  insert(entity: Omit<StoredEntity, 'id'>): StoredEntity {
    const { id } = this.#db.run(
      'INSERT INTO entities (path, kind, name, properties, created, updated) VALUES (?, ?, ?, ?, ?, ?)',
      entity.path,
      entity.kind,
      entity.name,
      entity.properties,
      entity.created,
      entity.updated,
    );
    return { id, ...entity };
  }

  update(id: number, properties: string, updated: number): void {
    this.#db.run('UPDATE entities SET properties = ?, updated = ? WHERE id = ?', properties, updated, id);
  }

  /** Removes an entity with its messages, sessions and rules. */
  remove(id: number): void {
    this.#db.run('DELETE FROM entities WHERE id = ?', id);
  }

  rules(entity: number): StoredRule[] {
    return this.#db.all('SELECT name, definition FROM rules WHERE entity = ? ORDER BY name', entity);
  }

  putRule(entity: number, name: string, definition: string): void {
    this.#db.run('INSERT OR REPLACE INTO rules VALUES (?, ?, ?)', entity, name, definition);
  }

  removeRule(entity: number, name: string): void {
    this.#db.run('DELETE FROM rules WHERE entity = ? AND name = ?', entity, name);
  }

  /** What the entity file said of an entity when it was last applied. */
  declaration(path: string): string | undefined {
    return this.#db.one<{ text: string }>('SELECT text FROM declarations WHERE path = ?', path)?.text;
  }

  declare(path: string, text: string): void {
    this.#db.run('INSERT OR REPLACE INTO declarations VALUES (?, ?)', path, text);
  }
}
