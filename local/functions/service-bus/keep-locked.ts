import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';

/** Shortest time between two renewals, ms. */
const shortest = 250;

/**
 * Renews the locks of messages while their function runs, and no longer: the client's own renewal goes on until a message
 * is settled, so that one that nobody settles would stay locked for minutes after its function has returned.
 * @param longest how long locks are renewed at most, ms. @returns what ends it
 */
export function keepLocked(
  receiver: Pick<ServiceBusReceiver, 'renewMessageLock'>,
  messages: readonly ServiceBusReceivedMessage[],
  longest: number,
): () => void {
  const until = Date.now() + longest;
  const timers = new Map<ServiceBusReceivedMessage, NodeJS.Timeout>();
  const plan = (message: ServiceBusReceivedMessage, lockedUntil: Date | undefined): void => {
    const wait = Math.max(shortest, ((lockedUntil?.getTime() ?? 0) - Date.now()) / 2);
    if (Date.now() + wait > until) return;
    const renew = async (): Promise<void> => {
      try {
        const next = await receiver.renewMessageLock(message);
        if (timers.has(message)) plan(message, next);
      } catch {
        // The lock is lost: the message comes again, here or elsewhere.
      }
    };
    timers.set(message, setTimeout(renew, wait));
  };
  for (const message of messages) plan(message, message.lockedUntilUtc);
  return () => {
    for (const timer of timers.values()) clearTimeout(timer);
    timers.clear();
  };
}
