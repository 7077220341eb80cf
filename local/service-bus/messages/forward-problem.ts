import type { EncodedMap } from '../amqp/encoded.ts';
import type { MessageFacts } from '../amqp/message-facts.ts';
import type { Destination } from './destination.ts';
import { because } from './settlement.ts';

/** How often a message may be forwarded from entity to entity. */
const mostHops = 4;

/** Why a message cannot be forwarded, as properties of a transfer dead letter; undefined when it can. */
export function forwardProblem(
  path: string,
  target: Destination | undefined,
  hops: number,
  facts: MessageFacts,
): EncodedMap | undefined {
  if (hops > mostHops)
    return because('MaxTransferHopCountExceeded', `The message was forwarded more than ${mostHops} times.`);
  if (target === undefined)
    return because('MessagingEntityNotFound', `The messaging entity '${path}' could not be found.`);
  const refusal = target.refuses(facts);
  return refusal === undefined ? undefined : because(refusal.condition, refusal.description);
}
