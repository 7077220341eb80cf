import type { StoredMessage } from '../store/message-store.ts';
import type { HeldSession } from './session-table.ts';

/** A message in somebody's hands. Locks live in memory: after a restart every message is free again. */
export interface Lock {
  readonly message: StoredMessage;
  /** 16 bytes in network order. */
  readonly token: Buffer;
  until: number;
  /** A message of a session is held as long as its session. */
  readonly session: HeldSession | undefined;
}

const key = (token: Buffer): string => token.toString('latin1');

/** The locks of a queue by their tokens. */
export class LockTable {
  readonly #locks = new Map<string, Lock>();

  add(lock: Lock): void {
    this.#locks.set(key(lock.token), lock);
  }

  /** Takes a lock away. */
  remove({ token }: Lock): void {
    this.#locks.delete(key(token));
  }

  /** The lock that a token names, while it holds. */
  held(token: Buffer, now: number): Lock | undefined {
    const lock = this.#locks.get(key(token));
    return lock !== undefined && (lock.session?.until ?? lock.until) > now ? lock : undefined;
  }

  /** Takes away what ran out, but for messages of sessions: those go with their session. */
  takeExpired(now: number): Lock[] {
    const expired = [...this.#locks.values()].filter(({ session, until }) => session === undefined && until <= now);
    for (const lock of expired) this.remove(lock);
    return expired;
  }

  /** Takes away all that a session held. */
  takeOf(session: HeldSession): Lock[] {
    const found = [...this.#locks.values()].filter((lock) => lock.session === session);
    for (const lock of found) this.remove(lock);
    return found;
  }
}
