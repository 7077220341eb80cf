import { applyBindingData } from '../binding-data.ts';
import type { RegisteredFunction } from '../core-api.ts';
import type { HostReply, HostRoute, HostServices, TriggerKind } from '../extension.ts';
import type { Invocation } from '../invocation.ts';
import type { HostKeys } from '../keys.ts';
import { describeError } from '../log.ts';

/** Name of the system key that Event Grid delivers with. */
export const eventGridKey = 'eventgrid_extension';

/** Functions that Event Grid calls; the front end serves them. */
export const eventGridTrigger: TriggerKind = {
  byHand: (one, input) => invocationOf(one, [JSON.parse(input)]),
};

/**
 * The webhook that Event Grid delivers to: `POST /runtime/webhooks/eventgrid?functionName=NAME&code=KEY`. Answers the
 * validation handshakes of both schemas itself; a function that throws makes Event Grid try again
 * (https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema,
 * https://github.com/cloudevents/spec/blob/v1.0/http-webhook.md).
 */
export function eventGridRoute({ functions, invoke, log }: HostServices, keys: HostKeys): HostRoute {
  keys.ensureSystem(eventGridKey);
  const byName = new Map(
    functions
      .filter(({ trigger }) => trigger.binding.type.toLowerCase() === 'eventgridtrigger')
      .map((one) => [one.name.toLowerCase(), one]),
  );
  return async (request, path, readBody) => {
    if (!/^\/runtime\/webhooks\/eventgrid\/?$/i.test(path)) return undefined;
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (!keys.allowsSystem(request, url, eventGridKey)) return { status: 401 };
    const one = byName.get(url.searchParams.get('functionName')?.toLowerCase() ?? '');
    if (one === undefined) return { status: 404 };
    if (request.method === 'OPTIONS') return consent(request.headers['webhook-request-origin']);
    if (request.method !== 'POST') return { status: 405 };
    const kind = String(request.headers['aeg-event-type'] ?? '').toLowerCase();
    const events = parseEvents(await readBody());
    if (events === undefined) return { status: 400 };
    if (kind === 'subscriptionvalidation') return validation(events);
    if (kind === 'unsubscribe') return { status: 202 };
    if (kind !== 'notification') return { status: 400 };
    const calls = one.trigger.binding['cardinality'] === 'many' ? [events] : events.map((event) => [event]);
    const outcomes = await Promise.allSettled(calls.map((batch) => invoke(one, invocationOf(one, batch))));
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    for (const { reason } of failed) log('error', `Function.${one.name}`, `failed with ${describeError(reason)}`);
    return { status: failed.length === 0 ? 202 : 500 };
  };
}

/** CloudEvents: whoever delivers asks first whether it may, and how fast. */
const consent = (origin: string | string[] | undefined): HostReply => ({
  status: 200,
  headers: { 'WebHook-Allowed-Origin': typeof origin === 'string' ? origin : '*', 'WebHook-Allowed-Rate': '*' },
});

/** Event Grid schema: the code is sent back. In a CloudEvent it lies in data that is JSON within JSON. */
function validation([first]: readonly unknown[]): HostReply {
  const data = property(first, 'data');
  const code = property(typeof data === 'string' ? parse(data) : data, 'validationCode');
  if (typeof code !== 'string') return { status: 400 };
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ validationResponse: code }),
  };
}

function invocationOf(one: RegisteredFunction, events: readonly unknown[]): Invocation {
  const traceparent = property(events[0], 'traceparent');
  const trace = typeof traceparent === 'string' ? { traceparent } : {};
  if (one.trigger.binding['cardinality'] === 'many')
    return { input: { collectionString: { string: events.map((event) => JSON.stringify(event)) } }, ...trace };
  const json = JSON.stringify(events[0]);
  return {
    input: { json },
    metadata: applyBindingData(json, { data: { json: JSON.stringify(property(events[0], 'data') ?? null) } }),
    ...trace,
  };
}

function parseEvents(body: Buffer): unknown[] | undefined {
  const parsed = parse(String(body));
  const events: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  return events.length > 0 && events.every((event) => typeof event === 'object' && event !== null) ? events : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
