import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import { type Message, plainFrame } from './message.ts';
import type { ClientClaims } from './token.ts';

export type Permission = 'joinLeaveGroup' | 'sendToGroup';
/** How a client speaks: frames of JSON, the same with sequence numbers, or nothing but data. */
export type Protocol = 'json.webpubsub.azure.v1' | 'json.reliable.webpubsub.azure.v1' | undefined;

/** What a reliable client may leave unacknowledged before it is cut off. */
const maximumUnacknowledged = 1000;
const maximumUnacknowledgedBytes = 16 * 1024 * 1024;
/** What may wait in the socket of a client that reads too slowly. */
const maximumBuffered = 16 * 1024 * 1024;
const rememberedAcks = 1000;

interface Unacknowledged {
  readonly sequence: number;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** A message made ready once for everybody who gets it. */
export class Outgoing {
  readonly #message: Message;
  readonly #text: string;
  /** @param expires milliseconds since 1970 after which a client that was away does not get it any more. */
  readonly expires: number;

  constructor(message: Message, expires = Number.POSITIVE_INFINITY) {
    const { from, group, fromUserId, dataType, data } = message;
    this.#message = message;
    this.#text = JSON.stringify({ type: 'message', from, group, fromUserId, dataType, data });
    this.expires = expires;
  }

  frame(protocol: Protocol): string | Buffer {
    return protocol === undefined ? plainFrame(this.#message) : this.#text;
  }

  numbered(sequence: number): string {
    return `${this.#text.slice(0, -1)},"sequenceId":${sequence}}`;
  }
}

/** A client of a hub. A reliable one may come back on another socket and gets what it missed. */
export class Connection {
  readonly id: string;
  readonly reconnectionToken = randomUUID();
  readonly userId: string | undefined;
  readonly groups = new Set<string>();
  readonly protocol: Protocol;
  /** `ce-connectionState` as the event handler set it last. */
  state: string | undefined;
  readonly #permissions: Set<string>;
  readonly #acks = new Set<number>();
  #socket: WebSocket | undefined;
  #sequence = 0;
  #unacknowledged: Unacknowledged[] = [];
  #unacknowledgedBytes = 0;

  constructor(id: string, claims: ClientClaims, protocol: Protocol) {
    this.id = id;
    this.userId = claims.userId;
    this.protocol = protocol;
    this.#permissions = new Set(
      claims.roles.flatMap((role) => (role.startsWith('webpubsub.') ? [role.slice('webpubsub.'.length)] : [])),
    );
  }

  get reliable(): boolean {
    return this.protocol === 'json.reliable.webpubsub.azure.v1';
  }

  get open(): boolean {
    return this.#socket !== undefined;
  }

  /** Serves the client on a socket; what it has not acknowledged is sent again. */
  attach(socket: WebSocket, now: number): void {
    this.#socket?.terminate();
    this.#socket = socket;
    this.reply({
      type: 'system',
      event: 'connected',
      userId: this.userId,
      connectionId: this.id,
      ...(this.reliable ? { reconnectionToken: this.reconnectionToken } : {}),
    });
    for (const { text, expires } of this.#unacknowledged) if (expires > now) socket.send(text);
  }

  /** @returns whether this was the client's socket, and not one that it had before. */
  detach(socket: WebSocket): boolean {
    if (this.#socket !== socket) return false;
    this.#socket = undefined;
    return true;
  }

  may(permission: Permission, group: string | undefined): boolean {
    return (
      this.#permissions.has(permission) || (group !== undefined && this.#permissions.has(`${permission}.${group}`))
    );
  }

  grant(permission: Permission, group: string | undefined): void {
    this.#permissions.add(group === undefined ? permission : `${permission}.${group}`);
  }

  revoke(permission: Permission, group: string | undefined): void {
    if (group !== undefined) this.#permissions.delete(`${permission}.${group}`);
    else
      for (const one of this.#permissions)
        if (one === permission || one.startsWith(`${permission}.`)) this.#permissions.delete(one);
  }

  /** Notes an `ackId`. @returns whether it was used before: then what it stands for has been done. */
  isRepeated(ackId: number): boolean {
    if (this.#acks.has(ackId)) return true;
    this.#acks.add(ackId);
    const [oldest] = this.#acks;
    if (this.#acks.size > rememberedAcks && oldest !== undefined) this.#acks.delete(oldest);
    return false;
  }

  /** A frame of the protocol itself; clients without one get none. */
  reply(frame: object): void {
    if (this.protocol !== undefined) this.#socket?.send(JSON.stringify(frame));
  }

  /** A message to the client; a reliable client gets it even if it is away for a moment. */
  deliver(outgoing: Outgoing): void {
    if (!this.reliable) return this.#send(outgoing.frame(this.protocol));
    const sequence = ++this.#sequence;
    const text = outgoing.numbered(sequence);
    this.#unacknowledged.push({ sequence, text, expires: outgoing.expires });
    this.#unacknowledgedBytes += text.length;
    if (this.#unacknowledged.length > maximumUnacknowledged || this.#unacknowledgedBytes > maximumUnacknowledgedBytes)
      return this.close('The client has left too many messages unacknowledged.');
    this.#send(text);
  }

  acknowledge(sequence: number): void {
    const rest = this.#unacknowledged.filter((one) => one.sequence > sequence);
    this.#unacknowledged = rest;
    this.#unacknowledgedBytes = rest.reduce((sum, { text }) => sum + text.length, 0);
  }

  /** Ends the connection for good: a client that sees code 1008 does not try to recover it (RFC 6455 section 7.4.1). */
  close(reason: string): void {
    this.#unacknowledged = [];
    this.#unacknowledgedBytes = 0;
    this.closed = true;
    this.reply({ type: 'system', event: 'disconnected', message: reason });
    this.#socket?.close(1008, Buffer.from(reason).subarray(0, 120).toString());
  }

  /** Whether it was ended rather than lost. */
  closed = false;

  #send(frame: string | Buffer): void {
    if (this.#socket === undefined) return;
    if (this.#socket.bufferedAmount > maximumBuffered) return this.#socket.terminate();
    this.#socket.send(frame);
  }
}
