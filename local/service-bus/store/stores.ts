import { Database } from './database.ts';
import { DuplicateStore } from './duplicate-store.ts';
import { EntityStore } from './entity-store.ts';
import { MessageStore } from './message-store.ts';
import { SessionStore } from './session-store.ts';

/** Everything a namespace keeps, in one SQLite file. */
export interface Stores {
  readonly messages: MessageStore;
  readonly sessions: SessionStore;
  readonly duplicates: DuplicateStore;
  readonly entities: EntityStore;
  /** Runs changes in the next shared transaction; resolves when they are durable. */
  change<T>(work: () => T): Promise<T>;
  close(): void;
}

/** Opens the file, or makes it. @throws Error when an earlier version wrote it */
export function openStores(file: string): Stores {
  const db = new Database(file);
  return {
    messages: new MessageStore(db),
    sessions: new SessionStore(db),
    duplicates: new DuplicateStore(db),
    entities: new EntityStore(db),
    change: (work) => db.change(work),
    close: () => db.close(),
  };
}
