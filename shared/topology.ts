/**
 * Every container, queue, topic, subscription, group and key of Wardline, named once. Triggers, clients, the local
 * Azure's entity file and the Bicep agreement check all read this table.
 */

/** Cosmos DB containers of the database {@link database}; the value says how each one is partitioned and indexed. */
export const containers = {
  /** Records: current documents, versions, outbox entries, heads, claims, locators and patient look-ups. */
  records: {
    partitionKey: '/partition',
    /** -1: no default expiry, `ttl` per item is honoured (outbox entries carry 30 days). */
    defaultTtl: -1,
    included: [
      '/kind/?',
      '/type/?',
      '/trust/?',
      '/search/[]/?',
      '/dates/[]/p/?',
      '/dates/[]/from/?',
      '/dates/[]/to/?',
      '/of/?',
      '/from/?',
      '/to/?',
      '/lastUpdated/?',
      '/timeline/?',
    ],
  },
  /** Staged transactions, one partition each (design: commit of the second kind). */
  transactions: { partitionKey: '/id', defaultTtl: -1, included: ['/state/?', '/deadline/?'] },
  /** Wrapped data keys of each trust. */
  keys: { partitionKey: '/trust', defaultTtl: undefined, included: [] },
  /** Ward projections: a head and a tile a patient; superseded tiles expire after 90 days. */
  boards: {
    partitionKey: '/partition',
    defaultTtl: -1,
    included: ['/kind/?', '/ward/?', '/bed/?', '/from/?', '/to/?'],
  },
  /** Hash chains of audit entries. */
  audit: {
    partitionKey: '/partition',
    defaultTtl: undefined,
    included: ['/kind/?', '/seq/?', '/recorded/?', '/agent/?', '/outcome/?'],
  },
  /** One pointer a patient and audit entry. */
  disclosures: { partitionKey: '/partition', defaultTtl: undefined, included: ['/recorded/?'] },
  /** Leases of the change feed readers. */
  leases: { partitionKey: '/id', defaultTtl: undefined, included: [] },
} as const;

export type ContainerName = keyof typeof containers;

/** The one Cosmos DB database. */
export const database = 'wardline';

/** The topic every committed change is told on. Sessions are {@link buckets} of the partition's hash. */
export const recordChanges = {
  topic: 'record-changes',
  subscriptions: { boards: 'boards', events: 'events' },
} as const;

/** Service Bus queues. */
export const queues = {
  /** Forms as they were answered, sealed; sessions are buckets, duplicates found by message id. */
  formIntake: 'form-intake',
  /** Audit entries on their way to a chain; no sessions, duplicates found by message id. */
  audit: 'audit',
  /** Bed movements told by other systems; sessions are buckets, duplicates found by message id. */
  bedMoved: 'bed-moved',
} as const;

/** Deliveries of a message until it is dead-lettered, on every queue and subscription. */
export const maxDeliveryCount = 10;

/** How many sessions spread the partitions over (a session lock is no fence, it only keeps most work in order). */
export const buckets = 128;

/** Event Grid topics: what Wardline tells others, and what others tell Wardline. */
export const eventTopics = { out: 'wardline-out', in: 'wardline-in' } as const;

/** CloudEvents types. */
export const eventTypes = {
  recordChanged: 'uk.nhs.wardline.record.changed.v1',
  bedMoved: 'uk.nhs.wardline.bed.moved.v1',
} as const;

/** The Web PubSub hub of the ward boards; a group is `ward:{ods}:{ward}`. */
export const boardHub = 'boards';

/** Blob containers. */
export const blobContainers = {
  /** Documents the relay could not tell. */
  relayDeadLetters: 'relay-dead-letters',
  /** Events that Event Grid could not deliver. */
  eventDeadLetters: 'event-dead-letters',
  /** Signed states of the audit chains; kept immutable. */
  auditCheckpoints: 'audit-checkpoints',
  /** Form responses too large for a message. */
  largeForms: 'large-forms',
  /** Contents of Binaries, each sealed with a key of its own; names begin with the day. */
  binaries: 'binaries',
} as const;

/** Connection names: `<name>` holds a connection string locally, `<name>__…` an identity-based one in production. */
export const connections = {
  cosmos: 'Cosmos',
  serviceBus: 'ServiceBus',
  blobs: 'Blobs',
  webPubSub: 'WebPubSub',
} as const;

/** Key Vault key that wraps a trust's data keys, e.g. `trust-rr8`. */
export const trustKeyName = (trust: string): string => `trust-${trust.toLowerCase()}`;

/** Key Vault key that signs where the audit chains stand. */
export const auditKeyName = 'audit-checkpoints';

/** The session that work on a partition goes through: one of {@link buckets}, by the partition's hash. */
export function sessionOf(partition: string): string {
  let hash = 0;
  for (const character of partition) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return String(hash % buckets);
}
