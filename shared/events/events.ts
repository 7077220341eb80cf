import type { RecordsChanged } from '../boards/index.ts';

/** What leaves Wardline and what comes in. */
export interface Events {
  /**
   * Tells topic and audit queue what new outbox entries of the change feed say.
   * @throws WardlineError `unavailable`: the feed must bring the documents again
   */
  relay(documents: readonly unknown[]): Promise<void>;
  /** Finishes the staged transactions among documents of the change feed. */
  promote(documents: readonly unknown[]): Promise<void>;
  /** Settles staged transactions whose writer died. */
  sweep(): Promise<void>;
  /** Tells other systems of a commit: a CloudEvent a change, ids only. */
  publish(changed: RecordsChanged, traceparent: string): Promise<void>;
  /** Takes the event of another system and puts it on the queue; a malformed one is logged and refused. */
  receiveBedMoved(event: unknown): Promise<void>;
  /** Moves the encounter that a message from the queue names. @throws Error: the message is delivered again */
  moveBed(message: unknown, traceparent: string): Promise<void>;
}
