import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readBody, sendJson } from '../http-json.ts';
import { listen } from '../http-server.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import { type LocalCertificate, readCertificate } from '../tls.ts';
import { readItems } from './read-items.ts';
import { type TelemetryQuery, TelemetryStore } from './store.ts';

export interface TelemetryOptions extends ServerOptions {
  readonly tls: LocalCertificate;
  /** How many items are kept; the oldest go. */
  readonly kept?: number;
}

const maximumBody = 16 * 1024 * 1024;
const maximumUnzipped = 64 * 1024 * 1024;
const defaultKept = 200_000;
const defaultLimit = 10_000;

/**
 * Receives what Application Insights' clients send (TLS, since the client insists on it) and answers
 * `GET /query?operation=TRACE&attribute=NAME=VALUE&kind=RequestData&since=ISO-TIME&limit=N`, any of them.
 */
export async function startTelemetry(options: TelemetryOptions): Promise<RunningServer> {
  const log = options.log ?? (() => {});
  const store = new TelemetryStore(join(options.state, 'telemetry.db'), options.kept ?? defaultKept);
  const server = createServer(readCertificate(options.tls), async (request, response) => {
    const fail = (status: number, message: string): void =>
      sendJson(
        response,
        status,
        { itemsReceived: 0, itemsAccepted: 0, errors: [{ index: 0, statusCode: status, message }] },
        status === 413 ? { connection: 'close' } : {},
      );
    try {
      const url = new URL(request.url ?? '/', 'https://localhost');
      if (request.method === 'GET' && url.pathname === '/query') {
        const query = readQuery(url.searchParams);
        return typeof query === 'string' ? fail(400, query) : sendJson(response, 200, store.find(query));
      }
      if (request.method !== 'POST' || !/\/v2(\.1)?\/track$/.test(url.pathname))
        return fail(404, 'Telemetry is sent with POST to /v2.1/track, and asked for with GET /query.');
      const text = await readText(request);
      if (text === undefined) return fail(413, 'A request has at most 16 MB, and 64 MB unzipped.');
      const { accepted, errors } = readItems(text);
      if (accepted.length > 0) await store.add(accepted);
      const status = errors.length === 0 ? 200 : accepted.length === 0 ? 400 : 206;
      sendJson(response, status, {
        itemsReceived: accepted.length + errors.length,
        itemsAccepted: accepted.length,
        errors,
      });
    } catch (error) {
      log(`telemetry: ${String(error)}`);
      if (!response.headersSent) fail(400, 'The request is malformed.');
    }
  });
  const running = await listen(server, options.port);
  return {
    port: running.port,
    endpoint: `https://localhost:${running.port}`,
    async close() {
      await running.close();
      store.close();
    },
  };
}

/** @returns undefined when it is too large. */
async function readText(request: IncomingMessage): Promise<string | undefined> {
  try {
    const raw = await readBody(request, maximumBody);
    const zipped = request.headers['content-encoding'] === 'gzip';
    return (zipped ? gunzipSync(raw, { maxOutputLength: maximumUnzipped }) : raw).toString();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const parameters = ['operation', 'attribute', 'kind', 'since', 'limit'];

/** @returns what is wrong, as text. */
function readQuery(given: URLSearchParams): TelemetryQuery | string {
  const unknown = [...given.keys()].find((name) => !parameters.includes(name));
  if (unknown !== undefined) return `There is no parameter ${unknown}. There are: ${parameters.join(', ')}.`;
  const [operation, kind, since] = ['operation', 'kind', 'since'].map((name) => given.get(name) ?? undefined);
  const limit = Number(given.get('limit') ?? defaultLimit);
  if (!Number.isInteger(limit) || limit < 1 || limit > defaultLimit)
    return `limit must be a whole number from 1 to ${defaultLimit}.`;
  if (since !== undefined && Number.isNaN(Date.parse(since))) return 'since must be an ISO time.';
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(given.get('attribute') ?? '') ?? [];
  if (given.has('attribute') && (name === undefined || value === undefined)) return 'attribute must be NAME=VALUE.';
  return {
    limit,
    ...(operation !== undefined && { operation }),
    ...(kind !== undefined && { kind }),
    ...(since !== undefined && { since }),
    ...(name !== undefined && value !== undefined && { attribute: { name, value } }),
  };
}
