import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { ClientClaims } from './token.ts';

/** A client of a hub. A reliable one may come back on another socket and gets what it missed. */
export class Connection {
  readonly id = randomUUID();
  readonly reconnectionToken = randomUUID();
  readonly claims: ClientClaims;
  readonly groups = new Set<string>();
  readonly reliable: boolean;
  #socket: WebSocket | undefined;
  #sequence = 0;
  #unacknowledged: { readonly sequence: number; readonly text: string }[] = [];

  constructor(claims: ClientClaims, reliable: boolean) {
    this.claims = claims;
    this.reliable = reliable;
    for (const group of claims.groups) this.groups.add(group);
  }

  get open(): boolean {
    return this.#socket !== undefined;
  }

  attach(socket: WebSocket): void {
    this.#socket = socket;
    for (const { text } of this.#unacknowledged) socket.send(text);
  }

  detach(socket: WebSocket): void {
    if (this.#socket === socket) this.#socket = undefined;
  }

  may(action: 'joinLeaveGroup' | 'sendToGroup', group: string): boolean {
    return this.claims.roles.some((role) => role === `webpubsub.${action}` || role === `webpubsub.${action}.${group}`);
  }

  reply(message: object): void {
    this.#socket?.send(JSON.stringify(message));
  }

  /** A message to the client; a reliable client gets it even if it is away for a moment. */
  deliver(message: object): void {
    if (!this.reliable) return this.reply(message);
    const sequence = ++this.#sequence;
    const text = JSON.stringify({ ...message, sequenceId: sequence });
    this.#unacknowledged.push({ sequence, text });
    if (this.#unacknowledged.length > 1000) this.#unacknowledged.shift();
    this.#socket?.send(text);
  }

  acknowledge(sequence: number): void {
    this.#unacknowledged = this.#unacknowledged.filter((one) => one.sequence > sequence);
  }
}
