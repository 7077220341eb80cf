import { type AdvancedFilter, passes, readAdvancedFilters } from './advanced-filters.ts';
import { invalidSubscription } from './errors.ts';
import type { EventBody, InputSchema } from './events.ts';

/** `properties` of an event subscription as Azure Resource Manager writes them. */
export type SubscriptionProperties = Readonly<Record<string, unknown>>;

/** What a topic does for one subscriber. */
export interface Subscription {
  readonly name: string;
  readonly endpointUrl: string;
  readonly deliverySchema: InputSchema;
  readonly filter: EventFilter;
  /** 1: one event a request; more: what waits, up to so many and about so many kilobytes. */
  readonly maxEventsPerBatch: number;
  readonly preferredKilobytes: number;
  readonly maxDeliveryAttempts: number;
  readonly timeToLiveMinutes: number;
  /** Blob container; without one an undeliverable event is dropped, as in Azure. */
  readonly deadLetterContainer: string | undefined;
  readonly properties: SubscriptionProperties;
}

interface EventFilter {
  readonly includedEventTypes: readonly string[] | undefined;
  readonly subjectBeginsWith: string;
  readonly subjectEndsWith: string;
  readonly isSubjectCaseSensitive: boolean;
  readonly advancedFilters: readonly AdvancedFilter[];
  readonly enableAdvancedFilteringOnArrays: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a subscription (https://learn.microsoft.com/rest/api/eventgrid/controlplane/event-subscriptions/create-or-update).
 * @param account of the blob storage that dead letters may go to.
 * @throws EventGridError 400 that names what is wrong or not supported.
 */
export function readSubscription(
  name: string,
  given: unknown,
  topic: { readonly inputSchema: InputSchema; readonly account: string | undefined },
): Subscription {
  if (!/^[a-zA-Z0-9-]{3,64}$/.test(name))
    throw invalidSubscription('The name of an event subscription has 3 to 64 letters, digits and hyphens.');
  const properties = fields(given, 'properties', [
    'destination',
    'filter',
    'eventDeliverySchema',
    'retryPolicy',
    'deadLetterDestination',
    'labels',
    ...['provisioningState', 'topic'],
  ]);
  return {
    name,
    ...readDestination(properties['destination']),
    filter: readFilter(properties['filter']),
    deliverySchema: readDeliverySchema(properties['eventDeliverySchema'], topic.inputSchema),
    ...readRetryPolicy(properties['retryPolicy']),
    deadLetterContainer: readDeadLetterContainer(properties['deadLetterDestination'], topic.account),
    properties,
  };
}

/** Whether an event is for this subscription. */
export function wants({ filter }: Subscription, event: EventBody): boolean {
  const type = String(event['eventType'] ?? event['type']);
  const fold = (value: string): string => (filter.isSubjectCaseSensitive ? value : value.toLowerCase());
  const subject = fold(String(event['subject'] ?? ''));
  return (
    (filter.includedEventTypes?.some((one) => one.toLowerCase() === type.toLowerCase()) ?? true) &&
    subject.startsWith(fold(filter.subjectBeginsWith)) &&
    subject.endsWith(fold(filter.subjectEndsWith)) &&
    filter.advancedFilters.every((one) => passes(event, one, filter.enableAdvancedFilteringOnArrays))
  );
}

function readDestination(
  given: unknown,
): Pick<Subscription, 'endpointUrl' | 'maxEventsPerBatch' | 'preferredKilobytes'> {
  const { endpointType, properties } = fields(given, 'destination', ['endpointType', 'properties']);
  if (endpointType !== 'WebHook')
    throw invalidSubscription(`destination.endpointType "${endpointType}" is not supported here; WebHook is.`);
  const webhook = fields(properties, 'destination.properties', [
    'endpointUrl',
    'maxEventsPerBatch',
    'preferredBatchSizeInKilobytes',
  ]);
  const endpointUrl = text(webhook['endpointUrl'], 'endpointUrl');
  // This runs on one machine and calls nobody else. (Azure asks for https; loopback needs none.)
  if (!URL.canParse(endpointUrl) || !isLoopback(new URL(endpointUrl)))
    throw invalidSubscription('endpointUrl must be an http or https address of this machine (localhost).');
  return {
    endpointUrl,
    maxEventsPerBatch: whole(webhook['maxEventsPerBatch'] ?? 1, 'maxEventsPerBatch', 5000),
    preferredKilobytes: whole(webhook['preferredBatchSizeInKilobytes'] ?? 64, 'preferredBatchSizeInKilobytes', 1024),
  };
}

function readFilter(given: unknown): EventFilter {
  const filter = fields(given ?? {}, 'filter', [
    'includedEventTypes',
    'subjectBeginsWith',
    'subjectEndsWith',
    'isSubjectCaseSensitive',
    'advancedFilters',
    'enableAdvancedFilteringOnArrays',
  ]);
  const types = filter['includedEventTypes'] ?? undefined;
  if (types !== undefined && !(Array.isArray(types) && types.every((one) => typeof one === 'string')))
    throw invalidSubscription('filter.includedEventTypes must be an array of event types.');
  return {
    // "All" was the way to say everything in early API versions, and is still taken.
    includedEventTypes: Array.isArray(types) && types.length > 0 && !types.includes('All') ? types : undefined,
    subjectBeginsWith: text(filter['subjectBeginsWith'] ?? '', 'filter.subjectBeginsWith'),
    subjectEndsWith: text(filter['subjectEndsWith'] ?? '', 'filter.subjectEndsWith'),
    isSubjectCaseSensitive: flag(filter['isSubjectCaseSensitive'], 'filter.isSubjectCaseSensitive'),
    advancedFilters: readAdvancedFilters(filter['advancedFilters']),
    enableAdvancedFilteringOnArrays: flag(
      filter['enableAdvancedFilteringOnArrays'],
      'filter.enableAdvancedFilteringOnArrays',
    ),
  };
}

function readDeliverySchema(given: unknown, input: InputSchema): InputSchema {
  if (given === undefined || given === null || given === input) return input;
  if (given === 'CloudEventSchemaV1_0') return given;
  throw invalidSubscription(`eventDeliverySchema "${given}" cannot be made from the topic's ${input}.`);
}

function readRetryPolicy(given: unknown): Pick<Subscription, 'maxDeliveryAttempts' | 'timeToLiveMinutes'> {
  const policy = fields(given ?? {}, 'retryPolicy', ['maxDeliveryAttempts', 'eventTimeToLiveInMinutes']);
  return {
    maxDeliveryAttempts: whole(policy['maxDeliveryAttempts'] ?? 30, 'retryPolicy.maxDeliveryAttempts', 30),
    timeToLiveMinutes: whole(policy['eventTimeToLiveInMinutes'] ?? 1440, 'retryPolicy.eventTimeToLiveInMinutes', 1440),
  };
}

function readDeadLetterContainer(given: unknown, account: string | undefined): string | undefined {
  if (given === undefined || given === null) return undefined;
  const { endpointType, properties } = fields(given, 'deadLetterDestination', ['endpointType', 'properties']);
  if (endpointType !== 'StorageBlob')
    throw invalidSubscription('deadLetterDestination.endpointType must be StorageBlob.');
  const { resourceId, blobContainerName } = fields(properties, 'deadLetterDestination.properties', [
    'resourceId',
    'blobContainerName',
  ]);
  const named = /\/storageAccounts\/([^/]+)$/i.exec(text(resourceId, 'resourceId'))?.[1];
  if (account === undefined || named !== account)
    throw invalidSubscription(`resourceId must be that of the local storage account (…/storageAccounts/${account}).`);
  return text(blobContainerName, 'blobContainerName');
}

function fields(given: unknown, at: string, known: readonly string[]): Fields {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw invalidSubscription(`${at} must be an object.`);
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalidSubscription(`${at}.${unknown} is not supported here.`);
  return given as Fields;
}

function text(given: unknown, at: string): string {
  if (typeof given !== 'string') throw invalidSubscription(`${at} must be a text.`);
  return given;
}

function flag(given: unknown, at: string): boolean {
  if (given === undefined || given === null) return false;
  if (typeof given !== 'boolean') throw invalidSubscription(`${at} must be true or false.`);
  return given;
}

function whole(given: unknown, at: string, most: number): number {
  if (typeof given !== 'number' || !Number.isInteger(given) || given < 1 || given > most)
    throw invalidSubscription(`${at} must be a whole number from 1 to ${most}.`);
  return given;
}

const isLoopback = ({ protocol, hostname }: URL): boolean =>
  ['http:', 'https:'].includes(protocol) && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
