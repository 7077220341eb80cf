import { escapeXml } from '../../xml.ts';
import { longestDuration } from '../entities/duration.ts';
import type { Entity } from '../entities/entity.ts';
import type { EntityProperties } from '../entities/entity-properties.ts';
import type { Queue } from '../messages/queue.ts';
import type { Stores } from '../store/stores.ts';

/** What the service says of properties that were not given. */
const defaults = {
  LockDuration: 'PT1M',
  MaxSizeInMegabytes: 1024,
  RequiresDuplicateDetection: false,
  RequiresSession: false,
  DefaultMessageTimeToLive: longestDuration,
  DeadLetteringOnMessageExpiration: false,
  DeadLetteringOnFilterEvaluationExceptions: true,
  DuplicateDetectionHistoryTimeWindow: 'PT10M',
  MaxDeliveryCount: 10,
  EnableBatchedOperations: true,
  Status: 'Active',
  AutoDeleteOnIdle: longestDuration,
  EnablePartitioning: false,
  EnableExpress: false,
  SupportOrdering: true,
  MaxMessageSizeInKilobytes: 256,
} as const satisfies EntityProperties;

type Shown = Readonly<Record<string, string | number | boolean | undefined>>;

/** Elements in the order given; what is undefined is left out. */
const elements = (shown: Shown): string =>
  Object.entries(shown)
    .map(([name, value]) => (value === undefined ? '' : `<${name}>${escapeXml(String(value))}</${name}>`))
    .join('');

const countsNamespace = 'http://schemas.microsoft.com/netservices/2011/06/servicebus';

function countDetails(counts: Readonly<Record<string, number>>): string {
  const each = Object.entries(counts).map(([name, count]) => `<d2p1:${name}>${count}</d2p1:${name}>`);
  return `<CountDetails xmlns:d2p1="${countsNamespace}">${each.join('')}</CountDetails>`;
}

/** Messages of a queue by what became of them, as the service counts them: deferred ones are active. */
function queueCounts(queue: Queue, { messages }: Stores) {
  const own = messages.count(queue.id);
  const letters = (of: Queue | undefined): number => (of === undefined ? 0 : messages.count(of.id).active);
  return {
    ActiveMessageCount: own.active + own.deferred,
    DeadLetterMessageCount: letters(queue.deadLetters),
    ScheduledMessageCount: own.scheduled,
    TransferMessageCount: 0,
    TransferDeadLetterMessageCount: letters(queue.transferDeadLetters),
  };
}

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

/** An entity's description: the element in an entry's content. Elements in the service's order. */
export function describeEntity(entity: Entity, stores: Stores): string {
  const given = { ...defaults, ...entity.properties };
  const times = {
    CreatedAt: new Date(entity.created).toISOString(),
    UpdatedAt: new Date(entity.updated).toISOString(),
    AccessedAt: new Date(entity.updated).toISOString(),
  };
  const receiving = {
    LockDuration: given.LockDuration,
    RequiresSession: given.RequiresSession,
    DefaultMessageTimeToLive: given.DefaultMessageTimeToLive,
    DeadLetteringOnMessageExpiration: given.DeadLetteringOnMessageExpiration,
  };
  const duplicates = {
    MaxSizeInMegabytes: given.MaxSizeInMegabytes,
    RequiresDuplicateDetection: given.RequiresDuplicateDetection,
    DuplicateDetectionHistoryTimeWindow: given.DuplicateDetectionHistoryTimeWindow,
  };
  const after = {
    AutoDeleteOnIdle: given.AutoDeleteOnIdle,
    EnablePartitioning: given.EnablePartitioning,
    EntityAvailabilityStatus: 'Available',
    EnableExpress: given.EnableExpress,
    MaxMessageSizeInKilobytes: given.MaxMessageSizeInKilobytes,
  };
  const common = {
    EnableBatchedOperations: given.EnableBatchedOperations,
    Status: given.Status,
    ForwardTo: given.ForwardTo,
    ForwardDeadLetteredMessagesTo: given.ForwardDeadLetteredMessagesTo,
    UserMetadata: given.UserMetadata,
  };
  if (entity.kind === 'topic') {
    const { scheduled } = stores.messages.count(entity.id);
    return element(
      'TopicDescription',
      elements({
        DefaultMessageTimeToLive: given.DefaultMessageTimeToLive,
        ...duplicates,
        ...common,
        SizeInBytes: stores.messages.size(entity.id),
        SupportOrdering: given.SupportOrdering,
        ...times,
      }) +
        countDetails({ ActiveMessageCount: 0, DeadLetterMessageCount: 0, ScheduledMessageCount: scheduled }) +
        elements({ SubscriptionCount: entity.topic.subscriptions.size, ...after }),
    );
  }
  const counts = queueCounts(entity.queue, stores);
  const shown = { ...receiving, MaxDeliveryCount: given.MaxDeliveryCount, ...common, MessageCount: sum(counts) };
  if (entity.kind === 'queue')
    return element(
      'QueueDescription',
      elements({ ...shown, ...duplicates, SizeInBytes: stores.messages.size(entity.id), ...times }) +
        countDetails(counts) +
        elements(after),
    );
  return element(
    'SubscriptionDescription',
    elements({
      ...shown,
      DeadLetteringOnFilterEvaluationExceptions: given.DeadLetteringOnFilterEvaluationExceptions,
      ...times,
    }) +
      countDetails(counts) +
      elements({ AutoDeleteOnIdle: given.AutoDeleteOnIdle, EntityAvailabilityStatus: 'Available' }),
  );
}

/** An element of the service's own namespace. */
export const element = (name: string, content: string): string =>
  `<${name} xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">${content}</${name}>`;
