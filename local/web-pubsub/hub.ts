import type { WebSocket } from 'ws';
import { type Connection, Outgoing } from './connection.ts';
import type { Message } from './message.ts';

/** How long a reliable client may be away. */
const recoverFor = 60_000;

/** Whom a message goes to: everybody, or a group, a user, a connection. */
export type Audience =
  | { readonly kind: 'all' }
  | { readonly kind: 'groups' | 'users' | 'connections'; readonly name: string };

/** The clients of one hub. They live in memory, as in the service: who is cut off connects anew. */
export class Hub {
  readonly name: string;
  readonly #connections = new Map<string, Connection>();
  readonly #groups = new Map<string, Set<Connection>>();
  readonly #users = new Map<string, Set<Connection>>();
  readonly #forgotten: (connection: Connection, reason: string) => void;

  /** @param forgotten is told of each connection that has ended. */
  constructor(name: string, forgotten: (connection: Connection, reason: string) => void) {
    this.name = name;
    this.#forgotten = forgotten;
  }

  get(connectionId: string): Connection | undefined {
    return this.#connections.get(connectionId);
  }

  all(): Connection[] {
    return [...this.#connections.values()];
  }

  members(audience: Audience): Connection[] {
    if (audience.kind === 'all') return this.all();
    if (audience.kind === 'groups') return [...(this.#groups.get(audience.name) ?? [])];
    if (audience.kind === 'users') return [...(this.#users.get(audience.name) ?? [])];
    const one = this.#connections.get(audience.name);
    return one === undefined ? [] : [one];
  }

  /** Takes a new client, with the groups it starts in. */
  add(connection: Connection, groups: readonly string[]): void {
    this.#connections.set(connection.id, connection);
    if (connection.userId !== undefined) include(this.#users, connection.userId, connection);
    for (const group of groups) this.join(connection, group);
  }

  join(connection: Connection, group: string): void {
    connection.groups.add(group);
    include(this.#groups, group, connection);
  }

  leave(connection: Connection, group: string): void {
    connection.groups.delete(group);
    exclude(this.#groups, group, connection);
  }

  leaveAll(connection: Connection): void {
    for (const group of connection.groups) this.leave(connection, group);
  }

  send(message: Message, recipients: Iterable<Connection>, expires?: number): void {
    const outgoing = new Outgoing(message, expires);
    for (const one of recipients) {
      one.deliver(outgoing);
      if (one.closed && !one.open) this.forget(one, 'The client did not come back.');
    }
  }

  /** Ends a connection for good. */
  close(connection: Connection, reason: string): void {
    connection.close(reason);
    this.forget(connection, reason);
  }

  /** A socket has closed: a reliable client may come back within a minute, any other is gone. */
  lost(connection: Connection, socket: WebSocket, reason: string): void {
    if (!connection.detach(socket)) return;
    if (!connection.reliable || connection.closed) return this.forget(connection, reason);
    setTimeout(() => {
      if (!connection.open) this.forget(connection, reason);
    }, recoverFor).unref();
  }

  forget(connection: Connection, reason: string): void {
    if (!this.#connections.delete(connection.id)) return;
    for (const group of connection.groups) exclude(this.#groups, group, connection);
    if (connection.userId !== undefined) exclude(this.#users, connection.userId, connection);
    this.#forgotten(connection, reason);
  }
}

function include(index: Map<string, Set<Connection>>, name: string, connection: Connection): void {
  const members = index.get(name) ?? new Set();
  index.set(name, members.add(connection));
}

function exclude(index: Map<string, Set<Connection>>, name: string, connection: Connection): void {
  const members = index.get(name);
  members?.delete(connection);
  if (members?.size === 0) index.delete(name);
}
