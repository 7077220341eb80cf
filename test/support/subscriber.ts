import assert from 'node:assert/strict';
import { startTestWebhook } from '../../local/fixtures/webhook.ts';
import type { Wardline } from './wardline.ts';

/** A CloudEvent as a subscriber gets it. */
export interface Heard {
  readonly type: string;
  readonly subject: string;
  readonly data: object;
}

/** Another system that subscribes to what Wardline tells. */
export interface Subscriber {
  heard(): Heard[];
  close(): Promise<void>;
}

/** @param name of the event subscription */
export async function subscribe({ endpoints }: Wardline, name: string): Promise<Subscriber> {
  const hook = await startTestWebhook();
  const { endpoint, key } = endpoints.eventGrid.out;
  const topic = '/subscriptions/s/resourceGroups/g/providers/Microsoft.EventGrid/topics/wardline-out';
  const subscribed = await fetch(new URL(`${topic}/eventSubscriptions/${name}`, endpoint), {
    method: 'PUT',
    headers: { 'aeg-sas-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({
      properties: {
        destination: { endpointType: 'WebHook', properties: { endpointUrl: hook.url } },
        eventDeliverySchema: 'CloudEventSchemaV1_0',
      },
    }),
  });
  assert.ok(subscribed.ok, await subscribed.text());
  return {
    heard: () =>
      hook.requests
        .filter(({ method }) => method === 'POST')
        .flatMap(({ body }) => [JSON.parse(body)].flat() as Heard[]),
    close: () => hook.close(),
  };
}
