import { duration, longestDuration } from './duration.ts';
import { entityPath } from './entity-path.ts';
import type { EntityProperties } from './entity-properties.ts';

/** What a queue, topic or subscription does; times in milliseconds. */
export interface EntityOptions {
  readonly sessions: boolean;
  /** Window of duplicate detection; 0: none. */
  readonly duplicateWindow: number;
  readonly lockDuration: number;
  readonly timeToLive: number;
  readonly maxDeliveryCount: number;
  readonly deadLetterExpired: boolean;
  readonly deadLetterFilterErrors: boolean;
  /** Paths of entities. */
  readonly forwardTo: string | undefined;
  readonly forwardDeadLettersTo: string | undefined;
  readonly canSend: boolean;
  readonly canReceive: boolean;
}

const minute = 60_000;
const statuses = ['Active', 'Disabled', 'SendDisabled', 'ReceiveDisabled'];

/**
 * Reads properties, with the service's defaults.
 * @throws Error naming the property that cannot be, or that this server does not support
 */
export function entityOptions(properties: EntityProperties = {}): EntityOptions {
  const given = (name: keyof EntityProperties, byDefault: string): number => {
    try {
      return duration(String(properties[name] ?? byDefault));
    } catch (cause) {
      throw new Error(`${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  };
  const lockDuration = given('LockDuration', 'PT1M');
  if (lockDuration <= 0 || lockDuration > 5 * minute)
    throw new Error('LockDuration: it is longer than no time and at most PT5M.');
  const maxDeliveryCount = properties.MaxDeliveryCount ?? 10;
  if (!Number.isInteger(maxDeliveryCount) || maxDeliveryCount < 1 || maxDeliveryCount > 2000)
    throw new Error('MaxDeliveryCount: it is a whole number from 1 to 2000.');
  const status = properties.Status ?? 'Active';
  if (!statuses.includes(status)) throw new Error(`Status: it is one of ${statuses.join(', ')}.`);
  const window = given('DuplicateDetectionHistoryTimeWindow', 'PT10M');
  if (window <= 0 || window > 7 * 24 * 60 * minute)
    throw new Error('DuplicateDetectionHistoryTimeWindow: it is longer than no time and at most P7D.');
  const timeToLive = given('DefaultMessageTimeToLive', longestDuration);
  if (timeToLive <= 0) throw new Error('DefaultMessageTimeToLive: it is longer than no time.');
  if (Number.isFinite(given('AutoDeleteOnIdle', longestDuration)))
    throw new Error('AutoDeleteOnIdle: deleting idle entities is not supported by this server; leave it out.');
  for (const name of ['EnablePartitioning', 'EnableExpress'] as const)
    if (properties[name] === true) throw new Error(`${name}: it is not supported by this server; leave it out.`);
  if ((properties.MaxMessageSizeInKilobytes ?? 256) > 256)
    throw new Error('MaxMessageSizeInKilobytes: it is at most 256, as in the standard tier.');
  if (properties.RequiresSession === true && (properties.ForwardTo ?? '') !== '')
    throw new Error('ForwardTo: an entity that requires sessions cannot forward its messages.');
  const forward = (address: string | undefined): string | undefined =>
    address === undefined || address === '' ? undefined : entityPath(address);
  return {
    sessions: properties.RequiresSession ?? false,
    duplicateWindow: properties.RequiresDuplicateDetection === true ? window : 0,
    lockDuration,
    timeToLive,
    maxDeliveryCount,
    deadLetterExpired: properties.DeadLetteringOnMessageExpiration ?? false,
    deadLetterFilterErrors: properties.DeadLetteringOnFilterEvaluationExceptions ?? false,
    forwardTo: forward(properties.ForwardTo),
    forwardDeadLettersTo: forward(properties.ForwardDeadLetteredMessagesTo),
    canSend: status === 'Active' || status === 'ReceiveDisabled',
    canReceive: status === 'Active' || status === 'SendDisabled',
  };
}
