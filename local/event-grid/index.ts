import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { readBody, sendJson } from '../http-json.ts';
import { listen } from '../http-server.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import { startDeliveries } from './deliver.ts';
import { Store, type Subscription } from './store.ts';

export interface EventGridOptions extends ServerOptions {
  readonly topics: readonly {
    readonly name: string;
    readonly key: string;
    readonly subscriptions?: readonly Subscription[];
  }[];
  /** Milliseconds between attempts; the documented schedule unless a test shortens it. */
  readonly retrySchedule?: readonly number[];
}

const maximumRequest = 1024 * 1024;

/** Starts Event Grid custom topics that take CloudEvents 1.0 and deliver them to webhooks, at least once. */
export async function startEventGrid(options: EventGridOptions): Promise<RunningServer> {
  const store = new Store(join(options.state, 'event-grid.db'));
  const subscriptionsOf = (topic: string): Subscription[] => {
    const added = store.subscriptions(topic);
    const declared = options.topics.find(({ name }) => name === topic)?.subscriptions ?? [];
    return [...declared.filter(({ name }) => !added.some((one) => one.name === name)), ...added];
  };
  const deliveries = startDeliveries({
    store,
    subscriptionsOf,
    log: options.log ?? (() => {}),
    ...(options.retrySchedule && { schedule: options.retrySchedule }),
  });
  const server = createServer(async (request, response) => {
    const fail = (status: number, code: string, message: string): void =>
      sendJson(response, status, { error: { code, message } });
    const [topicName = '', part, name] = new URL(request.url ?? '/', 'http://localhost').pathname
      .split('/')
      .filter((segment) => segment !== '');
    const topic = options.topics.find((one) => one.name === topicName);
    if (topic === undefined) return fail(404, 'NotFound', `There is no topic ${topicName}.`);
    if (!sameText(String(request.headers['aeg-sas-key'] ?? ''), topic.key))
      return fail(401, 'Unauthorized', 'The request authorization key is not authorized for this topic.');
    try {
      if (part === 'subscriptions' && name !== undefined && request.method === 'PUT') {
        const wanted = JSON.parse((await readBody(request)).toString()) as Subscription;
        if (!/^https?:\/\/(localhost|127\.0\.0\.1)[:/]/.test(wanted.endpoint))
          return fail(400, 'InvalidEndpoint', 'A local topic delivers to this machine only.');
        await store.saveSubscription(topicName, { ...wanted, name });
        return sendJson(response, 200, { ...wanted, name });
      }
      if (part === 'subscriptions' && name !== undefined && request.method === 'DELETE') {
        await store.removeSubscription(topicName, name);
        return void response.writeHead(204).end();
      }
      if (part === 'dead-letters' && request.method === 'GET')
        return sendJson(response, 200, store.deadLetters(topicName));
      if (part !== 'api' || request.method !== 'POST')
        return fail(404, 'NotFound', 'Events are published with POST to …/api/events.');
      const body = await readBody(request, maximumRequest).catch(() => undefined);
      if (body === undefined)
        return fail(413, 'RequestEntityTooLarge', 'The maximum size of a publish request is 1 MB.');
      const events = readCloudEvents(body.toString());
      if (typeof events === 'string') return fail(400, 'BadRequest', events);
      const rows = events.flatMap((event) =>
        subscriptionsOf(topicName)
          .filter((subscription) => wants(subscription, event))
          .map((subscription) => ({ topic: topicName, subscription: subscription.name, event: JSON.stringify(event) })),
      );
      await store.add(rows, Date.now());
      sendJson(response, 200, {});
      deliveries.wake();
    } catch {
      fail(400, 'BadRequest', 'The request is malformed.');
    }
  });
  const running = await listen(server, options.port);
  deliveries.wake();
  return {
    port: running.port,
    endpoint: `http://localhost:${running.port}`,
    async close() {
      await running.close();
      await deliveries.stop();
      store.close();
    },
  };
}

interface CloudEvent {
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
}

/** One CloudEvent or a batch. @returns what is wrong, as text. */
function readCloudEvents(body: string): CloudEvent[] | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return 'The body is no JSON.';
  }
  const events: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  for (const event of events) {
    if (typeof event !== 'object' || event === null) return 'An event must be a JSON object.';
    if (Reflect.get(event, 'specversion') !== '1.0')
      return 'Only CloudEvents 1.0 are supported by this topic (specversion).';
    for (const name of ['id', 'source', 'type'])
      if (typeof Reflect.get(event, name) !== 'string' || Reflect.get(event, name) === '')
        return `A CloudEvent needs the attribute ${name}.`;
  }
  return events as CloudEvent[];
}

const wants = (
  { eventTypes, subjectBeginsWith = '', subjectEndsWith = '' }: Subscription,
  { type, subject = '' }: CloudEvent,
): boolean =>
  (eventTypes === undefined || eventTypes.some((one) => one.toLowerCase() === type.toLowerCase())) &&
  subject.toLowerCase().startsWith(subjectBeginsWith.toLowerCase()) &&
  subject.toLowerCase().endsWith(subjectEndsWith.toLowerCase());

function sameText(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
