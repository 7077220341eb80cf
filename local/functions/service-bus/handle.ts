import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type { RegisteredFunction } from '../core-api.ts';
import type { Invoke } from '../invoke.ts';
import { describeError, type Log } from '../log.ts';
import { batchInput, singleInput } from './message-input.ts';
import type { Settlement } from './settlement.ts';

/** How a function takes its messages. */
export interface Handling {
  readonly one: RegisteredFunction;
  readonly invoke: Invoke;
  readonly batch: boolean;
  readonly autoComplete: boolean;
  readonly log: Log;
}

/**
 * Calls the function with a message or a batch, then settles: completed when it returns, given back when it throws, so
 * that it comes again until its deliveries are used up and the broker dead-letters it. Without auto-complete, what the
 * function returned from stays locked until its lock expires: to settle it is left to the function.
 */
export async function handle(
  messages: readonly ServiceBusReceivedMessage[],
  settlement: Settlement,
  { one, invoke, batch, autoComplete, log }: Handling,
): Promise<void> {
  const [first] = messages;
  if (first === undefined) return;
  let failed = false;
  try {
    await invoke(one, batch ? batchInput(messages) : singleInput(first));
  } catch (error) {
    failed = true;
    log(
      'error',
      `Function.${one.name}`,
      `failed with ${describeError(error)} (delivery ${(first.deliveryCount ?? 0) + 1})`,
    );
  }
  if (!failed && !autoComplete) return;
  await Promise.all(messages.map((message) => settlement.settle(message, failed ? 'abandon' : 'complete')));
}
