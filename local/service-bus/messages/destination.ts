import type { MessageFacts } from '../amqp/message-facts.ts';
import type { AmqpError } from '../errors.ts';
import type { Stores } from '../store/stores.ts';

/** A message on its way into an entity. */
export interface IncomingMessage {
  readonly bytes: Buffer;
  readonly facts: MessageFacts;
  readonly deliveryCount?: number;
  /** The entity whose dead letter it is. */
  readonly source?: string;
  /** The number it was first given, by the topic it was sent to or before it was scheduled. */
  readonly enqueuedSequence?: number;
  /** How often it was forwarded. */
  readonly hops?: number;
  /** It is no new message: duplicates were looked for before, and its time has come. */
  readonly known?: boolean;
}

/** What became of it; call `done` when the transaction is durable. */
export interface Enqueued {
  readonly sequence: number;
  done(): void;
}

/** Where messages can be sent: a queue, a topic, or what they are forwarded to. */
export interface Destination {
  readonly path: string;
  /** Why a message cannot be taken; undefined when it can. */
  refuses(facts: MessageFacts): AmqpError | undefined;
  /** Stores a message. Call inside `Stores.change`. */
  enqueue(message: IncomingMessage): Enqueued;
}

/** What entities need of their namespace. */
export interface EntityContext {
  readonly stores: Stores;
  /** Milliseconds since 1970. */
  now(): number;
  /** A UUID. */
  newId(): string;
  /** 16 bytes. */
  newLockToken(): Buffer;
  destination(path: string): Destination | undefined;
  log(line: string): void;
  /** A message or session of the queue may have become available. */
  changed(path: string): void;
}
