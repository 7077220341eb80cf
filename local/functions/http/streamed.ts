import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import http, { type IncomingMessage, type OutgoingHttpHeader, type ServerResponse } from 'node:http';
import { Transform } from 'node:stream';
import type { ProgrammingModel } from '../core-api.ts';
import { BodyTooLargeError } from './body.ts';
import { type Answer, headerText, queryValues, traceOf } from './call.ts';

const invocationHeader = 'x-ms-invocation-id';

/**
 * Asks the library what it can do, which also ends its set-up. With `enableHttpStream` it opens a server of its own, on
 * every network interface, to which a host forwards each request (`HttpUri`). This host runs in the library's process:
 * it takes that server's place and hands requests over without a socket in between, so that bodies flow both ways as
 * they come and nothing listens outside of the loopback interface.
 * @returns undefined when the app does not stream
 */
export async function openStreaming(model: ProgrammingModel): Promise<Answer | undefined> {
  const { createServer } = http;
  let library: LibraryServer | undefined;
  http.createServer = (() => {
    library = new LibraryServer();
    return library;
  }) as unknown as typeof createServer;
  try {
    const capabilities = await model.getCapabilities({
      RpcHttpTriggerMetadataRemoved: 'true',
      RpcHttpBodyOnly: 'true',
    });
    return capabilities['HttpUri'] === undefined || library === undefined ? undefined : answerStreamed(library);
  } finally {
    http.createServer = createServer;
  }
}

/** What the library takes for its server. */
class LibraryServer extends EventEmitter {
  listen(listening: () => void): this {
    queueMicrotask(listening);
    return this;
  }
  /** Any port will do: nobody connects to it. */
  address(): { readonly port: number } {
    return { port: 1 };
  }
}

const answerStreamed =
  (library: LibraryServer): Answer =>
  async ({ request, response, target, match, headers, invoke, bodyLimit }) => {
    const id = randomUUID();
    const input = new HandedRequest(request, id, target.url, bodyLimit);
    const output = new HandedResponse(response, headers);
    const plain = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, headerText(value)]));
    const metadata = {
      ...Object.fromEntries(Object.entries(match.params).map(([name, value]) => [name, { string: value }])),
      Query: { json: JSON.stringify(queryValues(target.url)) },
      Headers: { json: JSON.stringify(plain) },
    };
    library.emit('request', input, output);
    try {
      await invoke(match.route.one, { id, input: { http: {} }, metadata, ...traceOf(request) });
      // A function that returns nothing is never answered by the library.
      if (!output.ended) output.finish(204);
    } catch (error) {
      if (input.tooLarge !== undefined && !response.headersSent) throw input.tooLarge;
      if (response.headersSent) response.destroy();
      throw error;
    } finally {
      input.release();
      output.release();
    }
  };

/** The request as the library reads it: what comes, up to the limit. */
class HandedRequest extends Transform {
  readonly headers: Readonly<Record<string, string>>;
  readonly url: string;
  readonly method: string;
  tooLarge: BodyTooLargeError | undefined;
  readonly #request: IncomingMessage;
  readonly #limit: number;
  #size = 0;

  constructor(request: IncomingMessage, id: string, url: URL, limit: number) {
    super();
    this.#request = request;
    this.#limit = limit;
    this.method = request.method ?? 'GET';
    this.url = `${url.pathname}${url.search}`;
    this.headers = {
      [invocationHeader]: id,
      'x-forwarded-host': url.host,
      'x-forwarded-proto': url.protocol.slice(0, -1),
    };
    // Whoever reads the body learns of the error; nobody has to.
    this.on('error', () => {});
    request.once('close', () => {
      if (!request.complete) this.destroy(new Error('The caller went away.'));
    });
    request.pipe(this);
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error?: Error | null, data?: Buffer) => void): void {
    this.#size += chunk.length;
    if (this.#size <= this.#limit) return done(null, chunk);
    this.tooLarge = new BodyTooLargeError(this.#limit);
    done(this.tooLarge);
  }

  /** What the function did not read is let go, so that the connection can be used again. */
  release(): void {
    this.#request.unpipe(this);
    this.#request.resume();
  }
}

/** The answer as the library writes it. */
class HandedResponse {
  statusCode = 200;
  ended = false;
  #response: ServerResponse | undefined;
  readonly #headers: Record<string, OutgoingHttpHeader>;

  constructor(response: ServerResponse, headers: Readonly<Record<string, string>>) {
    this.#response = response;
    this.#headers = { ...headers };
  }

  setHeader(name: string, value: OutgoingHttpHeader): void {
    if (name.toLowerCase() !== invocationHeader) this.#headers[name.toLowerCase()] = value;
  }

  write(chunk: Uint8Array | string): boolean {
    if (this.#response?.headersSent === false) this.#response.writeHead(this.statusCode, this.#headers);
    return this.#response?.write(chunk) ?? false;
  }

  end(): void {
    this.ended = true;
    if (this.#response?.headersSent === false) this.#response.writeHead(this.statusCode, this.#headers);
    this.#response?.end();
  }

  finish(status: number): void {
    this.statusCode = status;
    this.end();
  }

  /** The library keeps this object for good when a function fails; it must not keep the connection with it. */
  release(): void {
    this.#response = undefined;
  }
}
