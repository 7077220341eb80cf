import type { Queue } from '../messages/queue.ts';
import type { Subscription } from '../messages/subscription.ts';
import type { Topic } from '../messages/topic.ts';
import type { EntityProperties } from './entity-properties.ts';

interface Described {
  readonly id: number;
  /** Its key: the path in small letters. */
  readonly path: string;
  /** As it was written when it was made. */
  readonly name: string;
  properties: EntityProperties;
  /** Milliseconds since 1970. */
  readonly created: number;
  updated: number;
}

/** A queue, topic or subscription with its description. */
export type Entity = Described &
  (
    | { readonly kind: 'queue'; readonly queue: Queue }
    | { readonly kind: 'topic'; readonly topic: Topic }
    | {
        readonly kind: 'subscription';
        readonly queue: Queue;
        readonly subscription: Subscription;
        readonly topic: Topic;
      }
  );
export type EntityOf<Kind extends Entity['kind']> = Extract<Entity, { readonly kind: Kind }>;
