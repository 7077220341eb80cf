import type { Delivery } from './trigger.ts';

type Metadata = Readonly<Record<string, unknown>>;

/**
 * Messages as the Functions host hands them over: one body with plain metadata, or an array of bodies with parallel
 * `…Array` metadata (https://learn.microsoft.com/azure/azure-functions/functions-bindings-service-bus-trigger).
 */
export function deliveries(body: unknown, metadata: Metadata): Delivery[] {
  if (!Array.isArray(metadata['messageIdArray'])) return [delivery(body, (name) => metadata[name])];
  const bodies: unknown[] = Array.isArray(body) ? body : [body];
  return bodies.map((one, index) =>
    delivery(one, (name) => {
      const column = metadata[`${name}Array`];
      return Array.isArray(column) ? column[index] : undefined;
    }),
  );
}

function delivery(body: unknown, value: (name: string) => unknown): Delivery {
  const properties = value('applicationProperties');
  const traceparent = property(properties, 'diagnostic-Id') ?? property(properties, 'Diagnostic-Id');
  const sessionId = value('sessionId');
  return {
    messageId: String(value('messageId')),
    body,
    deliveryCount: Number(value('deliveryCount') ?? 1),
    enqueuedAt: new Date(String(value('enqueuedTimeUtc') ?? 0)),
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof sessionId === 'string' ? { sessionId } : {}),
  };
}

const property = (properties: unknown, name: string): unknown =>
  typeof properties === 'object' && properties !== null ? Reflect.get(properties, name) : undefined;
