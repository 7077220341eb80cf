import type { EncodedMap } from '../amqp/encoded.ts';
import type { Entity } from '../entities/entity.ts';
import type { Namespace } from '../entities/namespace.ts';
import type { AmqpError } from '../errors.ts';
import type { Queue } from '../messages/queue.ts';
import type { Topic } from '../messages/topic.ts';
import type { Stores } from '../store/stores.ts';

/** What an operation is asked of: an entity's management node, and what the request says. */
export interface Asked {
  /** The queue behind the node; none for a topic. */
  readonly queue: Queue | undefined;
  readonly topic: Topic | undefined;
  readonly entity: Entity | undefined;
  /** The request's body, a map, as rhea reads it. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The same, encoded: for what must keep its types. */
  readonly encoded: EncodedMap;
  readonly stores: Stores;
  readonly namespace: Namespace;
  /** Milliseconds since 1970. */
  now(): number;
}

export interface Answer {
  /** As HTTP's. */
  readonly code: number;
  readonly body?: object;
  readonly error?: AmqpError;
}

/** @throws Error when the request is malformed */
export type Operation = (asked: Asked) => Promise<Answer> | Answer;

export const listOf = (value: unknown): unknown[] => (value == null ? [] : Array.isArray(value) ? value : [value]);

export const bytesOf = (value: unknown): Buffer => {
  if (!(value instanceof Uint8Array)) throw new TypeError('Bytes were expected.');
  return Buffer.from(value);
};
