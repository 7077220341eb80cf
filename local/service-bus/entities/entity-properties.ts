/**
 * Properties of an entity under the names that the emulator's entity file and the administration API share
 * (https://learn.microsoft.com/rest/api/servicebus/controlplane-dataplane/queues). Durations are ISO 8601.
 */
export interface EntityProperties {
  readonly LockDuration?: string;
  readonly MaxSizeInMegabytes?: number;
  readonly RequiresDuplicateDetection?: boolean;
  readonly RequiresSession?: boolean;
  readonly DefaultMessageTimeToLive?: string;
  readonly DeadLetteringOnMessageExpiration?: boolean;
  readonly DeadLetteringOnFilterEvaluationExceptions?: boolean;
  readonly DuplicateDetectionHistoryTimeWindow?: string;
  readonly MaxDeliveryCount?: number;
  readonly EnableBatchedOperations?: boolean;
  readonly Status?: string;
  readonly ForwardTo?: string;
  readonly ForwardDeadLetteredMessagesTo?: string;
  readonly UserMetadata?: string;
  readonly AutoDeleteOnIdle?: string;
  readonly EnablePartitioning?: boolean;
  readonly EnableExpress?: boolean;
  readonly SupportOrdering?: boolean;
  readonly MaxMessageSizeInKilobytes?: number;
}

export const propertyTypes: Readonly<Record<keyof EntityProperties, 'string' | 'number' | 'boolean'>> = {
  LockDuration: 'string',
  MaxSizeInMegabytes: 'number',
  RequiresDuplicateDetection: 'boolean',
  RequiresSession: 'boolean',
  DefaultMessageTimeToLive: 'string',
  DeadLetteringOnMessageExpiration: 'boolean',
  DeadLetteringOnFilterEvaluationExceptions: 'boolean',
  DuplicateDetectionHistoryTimeWindow: 'string',
  MaxDeliveryCount: 'number',
  EnableBatchedOperations: 'boolean',
  Status: 'string',
  ForwardTo: 'string',
  ForwardDeadLetteredMessagesTo: 'string',
  UserMetadata: 'string',
  AutoDeleteOnIdle: 'string',
  EnablePartitioning: 'boolean',
  EnableExpress: 'boolean',
  SupportOrdering: 'boolean',
  MaxMessageSizeInKilobytes: 'number',
};

export const isPropertyName = (name: string): name is keyof EntityProperties => Object.hasOwn(propertyTypes, name);
