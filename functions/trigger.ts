import type { OrchestrationHandler } from 'durable-functions';
import type { ContainerName } from '../shared/topology.ts';

/** A message as Service Bus delivered it. */
export interface Delivery {
  readonly messageId: string;
  readonly body: unknown;
  /** How often it was delivered, this time included. */
  readonly deliveryCount: number;
  /** W3C traceparent of the sender. */
  readonly traceparent?: string;
  readonly enqueuedAt: Date;
  readonly sessionId?: string;
}

/** What starts a function other than a request. A handler that throws is called again with the same material. */
export type Trigger =
  | {
      readonly kind: 'queue';
      readonly name: string;
      readonly queue: string;
      readonly sessions: boolean;
      /** Whether several messages come in one call. */
      readonly batch: boolean;
      handler(messages: readonly Delivery[]): Promise<void>;
    }
  | {
      readonly kind: 'subscription';
      readonly name: string;
      readonly topic: string;
      readonly subscription: string;
      readonly sessions: boolean;
      handler(messages: readonly Delivery[]): Promise<void>;
    }
  | {
      readonly kind: 'feed';
      readonly name: string;
      readonly container: ContainerName;
      /** Each reader of a container keeps its own place. */
      readonly leasePrefix: string;
      handler(documents: readonly unknown[]): Promise<void>;
    }
  | { readonly kind: 'event-grid'; readonly name: string; handler(event: unknown): Promise<void> }
  | {
      readonly kind: 'timer';
      readonly name: string;
      /** NCRONTAB with seconds. */
      readonly schedule: string;
      handler(): Promise<void>;
    }
  | {
      readonly kind: 'orchestration';
      readonly name: string;
      /** Replayed from the start at each turn: it decides from its input and from what its activities answered. */
      readonly orchestrator: OrchestrationHandler;
    }
  | {
      readonly kind: 'activity';
      readonly name: string;
      /** Runs at least once. Input and result stand in the orchestration's history: no patient data in them. */
      handler(input: unknown): Promise<unknown>;
    };
