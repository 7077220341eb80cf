import type { CloudEvent, EventGridPublisherClient } from '@azure/eventgrid';
import type { TokenCredential } from '@azure/identity';
import { isLoopback } from './loopback.ts';

/** What other systems are told: ids, never content. */
export interface OutgoingEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly time: Date;
  readonly data: Readonly<Record<string, unknown>>;
  readonly traceparent: string;
}

/** The Event Grid topic on which Wardline tells others. */
export interface EventGrid {
  publish(events: readonly OutgoingEvent[]): Promise<void>;
}

/** @param topic its endpoint, and a key where the topic is a local one. */
export function createEventGrid(
  topic: { readonly endpoint: string; readonly key: string | undefined },
  credential: TokenCredential,
): EventGrid {
  let client: Promise<EventGridPublisherClient<'CloudEvent'>> | undefined;
  const open = async (): Promise<EventGridPublisherClient<'CloudEvent'>> => {
    const { AzureKeyCredential, EventGridPublisherClient: Client } = await import('@azure/eventgrid');
    return new Client(
      topic.endpoint,
      'CloudEvent',
      topic.key === undefined ? credential : new AzureKeyCredential(topic.key),
      { allowInsecureConnection: isLoopback(topic.endpoint) },
    );
  };
  return {
    async publish(events) {
      client ??= open();
      await (await client).send(
        events.map(
          ({ traceparent, ...event }) =>
            ({ ...event, extensionAttributes: { traceparent } }) as CloudEvent<Record<string, unknown>> & {
              type: string;
              source: string;
            },
        ),
      );
    },
  };
}
