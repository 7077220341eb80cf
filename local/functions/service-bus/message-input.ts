import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { applyBindingData } from '../binding-data.ts';
import type { Invocation } from '../invocation.ts';
import { type TypedData, textOf, toMetadata } from '../typed-data.ts';

/** One message as the host hands it to a function. */
export function singleInput(message: ServiceBusReceivedMessage): Invocation {
  const body = bodyText(message.body);
  return {
    input: { string: body },
    metadata: applyBindingData(body, toMetadata(metadataOf(message))),
    ...traceOf(message),
  };
}

/** Several messages in one call: bodies in order, each property as a parallel `…Array`. */
export function batchInput(messages: readonly ServiceBusReceivedMessage[]): Invocation {
  const rows = messages.map(metadataOf);
  const names = Object.keys(rows[0] ?? {});
  return {
    input: { collectionString: { string: messages.map(({ body }) => bodyText(body)) } },
    metadata: Object.fromEntries(
      names.map((name): [string, TypedData] => [
        `${name}Array`,
        { json: JSON.stringify(rows.map((row) => row[name] ?? null)) },
      ]),
    ),
    ...(messages[0] === undefined ? {} : traceOf(messages[0])),
  };
}

/** What a call by hand hands over. */
export const handInput = (input: string, batch: boolean): Invocation =>
  batch ? { input: { collectionString: { string: [input] } } } : { input: { string: input } };

const bodyText = (body: unknown): string =>
  body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : textOf(body);

/** Names as the extension's (functions-bindings-service-bus-trigger, message metadata). */
function metadataOf(message: ServiceBusReceivedMessage): Record<string, unknown> {
  const properties = message.applicationProperties ?? {};
  return {
    MessageId: String(message.messageId ?? ''),
    DeliveryCount: (message.deliveryCount ?? 0) + 1,
    DeadLetterSource: message.deadLetterSource,
    EnqueuedTimeUtc: message.enqueuedTimeUtc?.toISOString(),
    ExpiresAtUtc: message.expiresAtUtc?.toISOString(),
    SequenceNumber: Number(message.sequenceNumber ?? 0),
    LockToken: message.lockToken,
    SessionId: message.sessionId,
    ContentType: message.contentType,
    CorrelationId: message.correlationId === undefined ? undefined : String(message.correlationId),
    Subject: message.subject,
    Label: message.subject,
    To: message.to,
    ReplyTo: message.replyTo,
    ApplicationProperties: properties,
    UserProperties: properties,
  };
}

function traceOf({ applicationProperties = {} }: ServiceBusReceivedMessage): { traceparent?: string } {
  const value = applicationProperties['Diagnostic-Id'] ?? applicationProperties['traceparent'];
  return typeof value === 'string' ? { traceparent: value } : {};
}
