import { createHmac, randomUUID } from 'node:crypto';
import type { Connection } from './connection.ts';
import { WebPubSubError } from './errors.ts';
import { type Payload, readPayload } from './message.ts';
import type { ClientClaims } from './token.ts';

type SystemEvent = 'connect' | 'connected' | 'disconnected';

/** An upstream of a hub, as the service's hub settings describe it. */
export interface EventHandler {
  readonly hub: string;
  /** `{hub}` and `{event}` are replaced; an address of this machine. */
  readonly urlTemplate: string;
  /** `*`, or names separated by commas; nothing: no user events. */
  readonly userEventPattern?: string;
  readonly systemEvents?: readonly SystemEvent[];
}

/** What an event handler says of a client that wants to connect. */
export interface ConnectAnswer {
  readonly userId?: string;
  readonly groups?: readonly string[];
  readonly roles?: readonly string[];
  readonly subprotocol?: string;
}

/** What a connection attempt looks like to an event handler. */
export interface ConnectRequest {
  readonly claims: ClientClaims;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly subprotocols: readonly string[];
}

interface Sender {
  readonly connectionId: string;
  readonly userId: string | undefined;
  readonly subprotocol: string | undefined;
  readonly state: string | undefined;
}

const answerTimeout = 30_000;
const maximumAnswer = 1024 * 1024;

/**
 * Calls a hub's event handlers (https://learn.microsoft.com/azure/azure-web-pubsub/reference-cloud-events): CloudEvents in
 * binary mode, signed, after the endpoint has agreed to them.
 */
export class EventHandlers {
  readonly #hub: string;
  readonly #key: string;
  readonly #handlers: readonly EventHandler[];
  readonly #origin: () => string;
  readonly #agreed = new Set<string>();
  readonly #log: (line: string) => void;

  /** @param given.origin host of this service, by which endpoints allow it. @throws Error for an address elsewhere. */
  constructor(given: {
    readonly hub: string;
    readonly key: string;
    readonly handlers: readonly EventHandler[];
    readonly origin: () => string;
    readonly log: (line: string) => void;
  }) {
    this.#hub = given.hub;
    this.#key = given.key;
    this.#handlers = given.handlers.filter(({ hub }) => hub === given.hub);
    this.#origin = given.origin;
    this.#log = given.log;
    const foreign = this.#handlers.find(
      ({ urlTemplate }) => !/^https?:\/\/(localhost|127\.0\.0\.1)[:/]/.test(urlTemplate),
    );
    if (foreign !== undefined)
      throw new Error(`The event handler ${foreign.urlTemplate} must be an address of this machine (localhost).`);
  }

  /** Asks whether a client may connect. @throws WebPubSubError with the handler's status when it may not. */
  async connect(connectionId: string, request: ConnectRequest): Promise<ConnectAnswer & { readonly state?: string }> {
    const handler = this.#forSystem('connect');
    if (handler === undefined) return {};
    const body = JSON.stringify({
      claims: request.claims.all,
      query: Object.fromEntries([...request.query.keys()].map((name) => [name, request.query.getAll(name)])),
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, [value ?? []].flat()])),
      subprotocols: request.subprotocols,
      clientCertificates: [],
    });
    const sender = { connectionId, userId: request.claims.userId, subprotocol: undefined, state: undefined };
    const answer = await this.#post(handler, 'sys', 'connect', sender, json, body);
    if (!answer.ok) {
      const status = answer.status >= 400 && answer.status < 500 ? answer.status : 500;
      throw new WebPubSubError(status, 'ConnectRefused', 'The event handler does not let the client connect.');
    }
    const state = answer.headers.get('ce-connectionstate');
    const text = await answer.text();
    return { ...readConnectAnswer(text), ...(state !== null && { state }) };
  }

  /** Tells of a client that has connected or gone; nothing waits for it, and a handler that fails is only logged. */
  notify(event: 'connected' | 'disconnected', connection: Connection, reason?: string): Promise<void> {
    const handler = this.#forSystem(event);
    if (handler === undefined) return Promise.resolve();
    const body = JSON.stringify(event === 'disconnected' ? { reason } : {});
    return this.#post(handler, 'sys', event, senderOf(connection), json, body)
      .then(async (answer) => {
        await answer.arrayBuffer();
        if (!answer.ok) this.#log(`web-pubsub: the event handler answered ${answer.status} to ${event}`);
      })
      .catch((error: unknown) => this.#log(`web-pubsub: ${error instanceof Error ? error.message : String(error)}`));
  }

  /**
   * Passes on what a client sent. @returns what the handler sends back; undefined when it is nothing.
   * @throws Error when there is no handler for the event, or it failed.
   */
  async userEvent(name: string, payload: Payload, connection: Connection): Promise<Payload | undefined> {
    const handler = this.#handlers.find(({ userEventPattern = '' }) =>
      userEventPattern.split(',').some((pattern) => ['*', name].includes(pattern.trim())),
    );
    if (handler === undefined) throw new Error(`There is no event handler for the event "${name}".`);
    const [type, body] = bodyOf(payload);
    const answer = await this.#post(handler, 'user', name, senderOf(connection), type, body);
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (!answer.ok) throw new Error(`The event handler answered ${answer.status}.`);
    if (bytes.length > maximumAnswer) throw new Error('The event handler’s answer is larger than 1 MB.');
    connection.state = answer.headers.get('ce-connectionstate') ?? connection.state;
    return bytes.length === 0 ? undefined : readPayload(answer.headers.get('content-type') ?? undefined, bytes);
  }

  #forSystem(event: SystemEvent): EventHandler | undefined {
    return this.#handlers.find(({ systemEvents = [] }) => systemEvents.includes(event));
  }

  async #post(
    { urlTemplate }: EventHandler,
    kind: 'sys' | 'user',
    event: string,
    { connectionId, userId, subprotocol, state }: Sender,
    contentType: string,
    body: string | Uint8Array<ArrayBuffer>,
  ): Promise<Response> {
    const url = urlTemplate
      .replaceAll('{hub}', encodeURIComponent(this.#hub))
      .replaceAll('{event}', encodeURIComponent(event));
    await this.#agree(url);
    return fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(answerTimeout),
      headers: {
        'content-type': contentType,
        'webhook-request-origin': this.#origin(),
        'ce-specversion': '1.0',
        'ce-type': `azure.webpubsub.${kind}.${event}`,
        'ce-source': `/hubs/${this.#hub}/client/${connectionId}`,
        'ce-id': randomUUID(),
        'ce-time': new Date().toISOString(),
        'ce-signature': `sha256=${createHmac('sha256', this.#key).update(connectionId).digest('hex')}`,
        'ce-connectionid': connectionId,
        'ce-hub': this.#hub,
        'ce-eventname': event,
        ...(userId !== undefined && { 'ce-userid': encodeURIComponent(userId) }),
        ...(subprotocol !== undefined && { 'ce-subprotocol': subprotocol }),
        ...(state !== undefined && { 'ce-connectionstate': state }),
      },
      body,
    });
  }

  /** Abuse protection: an endpoint is asked once (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection). */
  async #agree(url: string): Promise<void> {
    if (this.#agreed.has(url)) return;
    const answer = await fetch(url, {
      method: 'OPTIONS',
      signal: AbortSignal.timeout(answerTimeout),
      headers: { 'webhook-request-origin': this.#origin() },
    });
    await answer.arrayBuffer();
    const allowed = (answer.headers.get('webhook-allowed-origin') ?? '').split(',').map((one) => one.trim());
    if (!answer.ok || !(allowed.includes('*') || allowed.includes(this.#origin())))
      throw new WebPubSubError(500, 'EventHandlerRefused', 'The event handler does not allow this service’s origin.');
    this.#agreed.add(url);
  }
}

const json = 'application/json; charset=utf-8';

const senderOf = ({ id, userId, protocol, state }: Connection): Sender => ({
  connectionId: id,
  userId,
  subprotocol: protocol,
  state,
});

function bodyOf({ dataType, data }: Payload): [contentType: string, body: string | Uint8Array<ArrayBuffer>] {
  if (dataType === 'binary') return ['application/octet-stream', new Uint8Array(Buffer.from(String(data), 'base64'))];
  return dataType === 'text' ? ['text/plain; charset=utf-8', String(data)] : [json, JSON.stringify(data)];
}

function readConnectAnswer(text: string): ConnectAnswer {
  if (text === '') return {};
  try {
    const { userId, groups, roles, subprotocol } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return {
      ...(typeof userId === 'string' && { userId }),
      ...(Array.isArray(groups) && { groups: groups.map(String) }),
      ...(Array.isArray(roles) && { roles: roles.map(String) }),
      ...(typeof subprotocol === 'string' && { subprotocol }),
    };
  } catch {
    throw new WebPubSubError(500, 'EventHandlerMalformed', 'The event handler’s answer to connect is not JSON.');
  }
}
