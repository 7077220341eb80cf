import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type EntraTokenVerifier, entraTokenVerifier } from '../entra-token.ts';
import { readBody, sendJson } from '../http-json.ts';
import { listenOnBoth } from '../http-server.ts';
import { parseJson } from '../parse-json.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import type { LocalCertificate } from '../tls.ts';
import { authorize } from './authorize.ts';
import { startDeadLetters } from './dead-letters.ts';
import { badRequest, EventGridError } from './errors.ts';
import { Store } from './store.ts';
import { Topic, type TopicOptions } from './topic.ts';

export interface EventGridOptions extends ServerOptions {
  readonly topics: readonly TopicOptions[];
  /** Endpoint of the identity server whose tokens are accepted beside keys; undefined: keys only. */
  readonly issuer?: string;
  /** Certificate for clients that speak TLS; the same port takes both. */
  readonly tls?: LocalCertificate;
  /** Where dead letters go. */
  readonly blobs?: { readonly connectionString: string };
  /** Milliseconds between attempts; the documented schedule unless a test shortens it. */
  readonly retrySchedule?: readonly number[];
}

const maximumRequest = 1024 * 1024;

/** Starts Event Grid custom topics: they take events and deliver them to webhooks, at least once. */
export async function startEventGrid(options: EventGridOptions): Promise<RunningServer> {
  const log = options.log ?? (() => {});
  const store = new Store(join(options.state, 'event-grid.db'));
  const connectionString = options.blobs?.connectionString;
  const deadLetters = startDeadLetters({ store, connectionString, log, every: 1000 });
  let endpoint = '';
  const topics = options.topics.map(
    (topic) =>
      new Topic(topic, {
        store,
        log,
        schedule: options.retrySchedule,
        account: /AccountName=([^;]+)/.exec(connectionString ?? '')?.[1],
        endpoint: () => endpoint,
        deadLettered: deadLetters.wake,
      }),
  );
  const verifiers = {
    publisher: verifier(options.issuer, 'https://eventgrid.azure.net'),
    management: verifier(options.issuer, 'https://management.azure.com'),
  };
  // An event that came before its subscriptions are known would be for nobody: what comes early waits.
  const opened = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const answered = opened.promise.then(() => answer(request, response, topics, verifiers));
    answered.catch((error: unknown) => {
      const known = error instanceof EventGridError ? error : undefined;
      if (known === undefined) log(`event-grid: ${String(error)}`);
      const { status, body } = known ?? new EventGridError(500, 'InternalServerError', 'The request failed.');
      if (response.headersSent) response.destroy();
      else sendJson(response, status, body, status === 413 ? { connection: 'close' } : {});
    });
  });
  const running = await listenOnBoth(server, options.port, options.tls);
  endpoint = `http://localhost:${running.port}`;
  for (const [index, topic] of topics.entries()) await topic.open(options.topics[index]?.subscriptions);
  opened.resolve();
  return {
    port: running.port,
    endpoint,
    async close() {
      await running.close();
      await Promise.all(topics.map((topic) => topic.stop()));
      await deadLetters.stop();
      store.close();
    },
  };
}

const verifier = (issuer: string | undefined, audience: string): EntraTokenVerifier | undefined =>
  issuer === undefined ? undefined : entraTokenVerifier({ issuer, audiences: [audience] });

/** `…/topics/{topic}/eventSubscriptions/{name}`, in both forms of the resource's path. */
const managementPath =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.EventGrid\/topics\/([^/]+)(?:\/providers\/Microsoft\.EventGrid)?\/eventSubscriptions(?:\/([^/]+))?$/i;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  topics: readonly Topic[],
  verifiers: Readonly<Record<'publisher' | 'management', EntraTokenVerifier | undefined>>,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const managed = managementPath.exec(url.pathname);
  const [named = '', ...rest] = managed === null ? url.pathname.slice(1).split('/') : [managed[1] ?? ''];
  const topic = topics.find(({ name }) => name.toLowerCase() === named.toLowerCase());
  if (topic === undefined) throw new EventGridError(404, 'NotFound', `There is no topic ${named}.`);
  const path = rest.join('/');
  if (managed === null && path === 'validate' && request.method === 'GET') {
    const agreed = await topic.confirm(url.searchParams.get('id') ?? '', url.searchParams.get('code') ?? '');
    if (!agreed) throw badRequest('The validation code is wrong, or has been replaced by a newer one.');
    return sendJson(response, 200, 'Webhook successfully validated as a subscription endpoint.');
  }
  await authorize(request.headers, topic, Date.now(), managed === null ? verifiers.publisher : verifiers.management);
  if (managed !== null) return manage(request, response, topic, managed[2]);
  if (path !== 'api/events' || request.method !== 'POST')
    throw new EventGridError(404, 'NotFound', 'Events are published with POST to …/api/events.');
  if (request.headers['ce-specversion'] !== undefined)
    throw badRequest('CloudEvents in binary content mode are not supported; send structured JSON.');
  await topic.publish(await readRequest(request));
  sendJson(response, 200, {});
}

/** Event subscriptions at run time, in the shape of Azure Resource Manager's REST interface. */
async function manage(
  request: IncomingMessage,
  response: ServerResponse,
  topic: Topic,
  name: string | undefined,
): Promise<void> {
  if (name === undefined) {
    if (request.method === 'GET') return sendJson(response, 200, { value: topic.list() });
  } else if (request.method === 'GET') return sendJson(response, 200, topic.describe(name));
  else if (request.method === 'DELETE')
    return void response.writeHead((await topic.unsubscribe(name)) ? 200 : 204).end();
  else if (request.method === 'PUT') {
    const body = parseObject(await readRequest(request));
    return sendJson(response, 201, await topic.subscribe(name, body['properties']));
  }
  throw new EventGridError(405, 'MethodNotAllowed', `${request.method} is not supported here.`);
}

async function readRequest(request: IncomingMessage): Promise<string> {
  try {
    return (await readBody(request, maximumRequest)).toString();
  } catch (error) {
    if (error instanceof RangeError)
      throw new EventGridError(413, 'RequestEntityTooLarge', 'The maximum size of a request is 1 MB.');
    throw error;
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed = parseJson(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Readonly<Record<string, unknown>>;
  } catch {}
  throw badRequest('The request body must be a JSON object.');
}
