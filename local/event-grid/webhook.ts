import { randomUUID } from 'node:crypto';
import type { EventBody, InputSchema } from './events.ts';
import type { Outcome } from './retry.ts';

/** A subscriber's endpoint. */
export interface Webhook {
  readonly subscription: string;
  readonly endpointUrl: string;
  readonly schema: InputSchema;
}

const answerTimeout = 30_000;
const origin = 'eventgrid.azure.net';

/**
 * Asks an endpoint whether it wants events, before it gets the first
 * (https://learn.microsoft.com/azure/event-grid/end-point-validation-cloud-events-schema and …-event-grid-events-schema).
 * @param confirmUrl where the endpoint may agree later by a GET.
 * @returns agreed, or what it did instead; `later` when it may still call `confirmUrl`.
 */
export async function handshake(
  { subscription, endpointUrl, schema }: Webhook,
  topicId: string,
  confirmUrl: string,
): Promise<{ readonly agreed: boolean; readonly later: boolean; readonly detail: string }> {
  const code = randomUUID().toUpperCase();
  const request: RequestInit =
    schema === 'CloudEventSchemaV1_0'
      ? {
          method: 'OPTIONS',
          headers: {
            'webhook-request-origin': origin,
            'webhook-request-callback': confirmUrl,
            'webhook-request-rate': '120',
          },
        }
      : {
          method: 'POST',
          headers: eventGridHeaders(subscription, 'SubscriptionValidation', 0, '2'),
          body: JSON.stringify([
            {
              id: randomUUID(),
              topic: topicId,
              subject: '',
              data: { validationCode: code, validationUrl: confirmUrl },
              eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
              eventTime: new Date().toISOString(),
              metadataVersion: '1',
              dataVersion: '2',
            },
          ]),
        };
  try {
    const answer = await fetch(endpointUrl, { ...request, signal: AbortSignal.timeout(answerTimeout) });
    const body = await answer.text();
    const detail = `it answered ${answer.status}`;
    if (answer.status < 200 || answer.status > 204) return { agreed: false, later: false, detail };
    if (schema === 'CloudEventSchemaV1_0') {
      const allowed = answer.headers.get('webhook-allowed-origin');
      return { agreed: allowed === '*' || allowed?.toLowerCase() === origin, later: true, detail };
    }
    return { agreed: validationResponse(body) === code, later: true, detail };
  } catch (error) {
    return { agreed: false, later: false, detail: outcomeOf(error) };
  }
}

/** Sends events in one request: one alone, or an array when batches are asked for or the Event Grid schema is spoken. */
export async function deliver(
  { subscription, endpointUrl, schema }: Webhook,
  events: readonly EventBody[],
  batched: boolean,
  attempts: number,
): Promise<Outcome> {
  const cloudEvents = schema === 'CloudEventSchemaV1_0';
  const version = String(events[0]?.['dataVersion'] ?? '');
  try {
    const answer = await fetch(endpointUrl, {
      method: 'POST',
      signal: AbortSignal.timeout(answerTimeout),
      redirect: 'manual',
      headers: {
        ...eventGridHeaders(subscription, 'Notification', attempts, version),
        ...(cloudEvents && {
          'content-type': `application/cloudevents${batched ? '-batch' : ''}+json; charset=utf-8`,
          'webhook-request-origin': origin,
        }),
      },
      body: JSON.stringify(cloudEvents && !batched ? events[0] : events),
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch (error) {
    return outcomeOf(error);
  }
}

/** https://learn.microsoft.com/azure/event-grid/delivery-properties and the headers of a webhook delivery. */
const eventGridHeaders = (
  subscription: string,
  type: string,
  attempts: number,
  dataVersion: string,
): Record<string, string> => ({
  'content-type': 'application/json; charset=utf-8',
  'aeg-event-type': type,
  'aeg-subscription-name': subscription.toUpperCase(),
  'aeg-delivery-count': String(attempts),
  'aeg-data-version': dataVersion,
  'aeg-metadata-version': '1',
});

const outcomeOf = (error: unknown): 'timed out' | 'unreachable' =>
  error instanceof Error && error.name === 'TimeoutError' ? 'timed out' : 'unreachable';

function validationResponse(body: string): unknown {
  try {
    return (JSON.parse(body) as { validationResponse?: unknown } | null)?.validationResponse;
  } catch {
    return undefined;
  }
}
