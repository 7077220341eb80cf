import { WardlineError } from '../shared/errors.ts';
import { maxDeliveryCount } from '../shared/topology.ts';
import type { App } from './app.ts';
import type { Delivery, Trigger } from './trigger.ts';

/** Milliseconds. */
const firstPause = 250;
const longestPause = 30_000;

/**
 * Handles what Service Bus delivered, within the trace of its sender. A failure is logged and thrown, so that the host
 * gives the messages back; the last one says that they go to the dead-letter queue.
 */
export async function handleDeliveries(
  telemetry: App['telemetry'],
  { name, handler }: Pick<Extract<Trigger, { kind: 'queue' | 'subscription' }>, 'name' | 'handler'>,
  messages: readonly Delivery[],
  pause: (milliseconds: number) => Promise<unknown> = sleep,
): Promise<void> {
  const parent = messages[0]?.traceparent;
  try {
    await telemetry.span(name, { kind: 'consumer', parent, attributes: { messages: messages.length } }, () =>
      handler(messages),
    );
  } catch (error) {
    const code = error instanceof WardlineError ? error.code : 'internal';
    for (const { messageId, deliveryCount } of messages) {
      const line = deliveryCount >= maxDeliveryCount ? 'message-dead-lettered' : 'delivery-failed';
      telemetry.event(line, { function: name, messageId, deliveryCount, code });
    }
    if (code !== 'malformed-message') await pause(pauseBefore(messages[0]?.deliveryCount ?? 1));
    throw error;
  }
}

/**
 * Service Bus hands a failed message back at once: an outage of a second would use up every delivery and dead-letter
 * what is perfectly good. So a failure waits, longer each time (about two minutes over all deliveries), before the
 * message is given back; its lock is renewed meanwhile.
 */
const pauseBefore = (deliveryCount: number): number => Math.min(longestPause, firstPause * 2 ** deliveryCount);

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
