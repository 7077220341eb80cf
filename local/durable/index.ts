import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { RegisteredFunction, Registry } from '../functions/core-api.ts';
import type { HostRoute } from '../functions/extension.ts';
import type { Invoke } from '../functions/invoke.ts';
import type { HostKeys } from '../functions/keys.ts';
import type { TypedData } from '../functions/typed-data.ts';
import { readBody } from '../http-json.ts';
import { listen } from '../http-server.ts';
import { GroupCommit, openDatabase } from '../sqlite.ts';
import type { ApiAnswer } from './api-request.ts';
import { clientInput, type WebhookAddress, webhookPath } from './client-input.ts';
import { DurableError } from './durable-error.ts';
import { answerApi } from './management-api.ts';
import { Pump } from './pump.ts';
import { watchOrchestrators } from './run-orchestrator.ts';
import { readDurableSettings } from './settings.ts';
import { durableSchema, Store } from './store.ts';
import { finder, type TaskHub } from './task-hub.ts';

/** Durable Functions for one app. */
export interface Durable {
  /** Values of a function's `durableClient` bindings. */
  inputs(one: RegisteredFunction): { name: string; data: TypedData }[];
  /** The webhook, which asks for the extension's system key. */
  readonly route: HostRoute;
  /** Starts what waits. @param origin of the host, as callers see it */
  start(origin: string): Promise<void>;
  stop(): Promise<void>;
}

/** Bytes. */
const maximumBody = 16 * 1024 * 1024;
const rpcPath = '/durabletask';
/** The extension's name for its key, as Azure lists it. */
const systemKey = 'durabletask_extension';

/**
 * The executor behind an app that uses `durable-functions` 3.5; its state is one SQLite file a task hub.
 * @param options `settings`: `extensions.durableTask` of host.json; `state`: a folder; `environment`: settings of the app
 * @throws Error for settings that are wrong
 */
export function openDurable(options: {
  registry: Registry;
  /** Those that are not switched off. */
  functions: readonly RegisteredFunction[];
  invoke: Invoke;
  settings: unknown;
  state: string;
  environment: TaskHub['environment'];
  /** Where the webhook's key is kept. */
  keys: HostKeys;
  log: (line: string) => void;
}): Durable {
  const settings = readDurableSettings(options.settings);
  const db = openDatabase(join(options.state, `durable-${settings.hubName.toLowerCase()}.db`), durableSchema);
  const store = new Store(db);
  const hub: TaskHub = {
    store,
    commit: new GroupCommit(db),
    settings,
    invoke: options.invoke,
    environment: options.environment,
    find: finder(options.functions),
    now: () => new Date(),
    newId: () => randomUUID().replaceAll('-', ''),
    log: options.log,
    wake: () => pump.wake(),
  };
  const pump = new Pump(hub);
  watchOrchestrators(options.registry);
  const { keys } = options;
  keys.ensureSystem(systemKey);
  let origin = '';
  const webhook = (): WebhookAddress => ({ origin, hub: settings.hubName, code: keys.ensureSystem(systemKey) });
  let rpc: { port: number; close: () => Promise<void> } | undefined;

  const answer = async (base: string, request: IncomingMessage, body: () => Promise<Buffer | undefined>) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    try {
      const path = pathname
        .slice(base.length)
        .split('/')
        .filter((part) => part !== '')
        .map(decodeURIComponent);
      const bytes = await body();
      if (bytes === undefined || bytes.length > maximumBody) return written({ status: 413 });
      const text = bytes.toString();
      const { method = 'GET', headers } = request;
      return written(
        await answerApi(hub, { method, path, query: searchParams, headers, body: text, webhook: webhook() }),
      );
    } catch (error) {
      if (error instanceof DurableError) return written({ status: error.status, body: { Message: error.message } });
      if (error instanceof URIError)
        return written({ status: 400, body: { Message: 'The path is not well encoded.' } });
      if (error instanceof RangeError) return written({ status: 413 });
      options.log(`durable: ${error instanceof Error ? error.name : 'error'} while answering ${request.method}`);
      return written({ status: 500 });
    }
  };

  return {
    inputs: ({ bindings }) =>
      Object.entries(bindings)
        .filter(([, { type }]) => type === 'durableClient')
        .map(([name]) => ({
          name,
          data: { json: clientInput(webhook(), `http://127.0.0.1:${rpc?.port}${rpcPath}/`) },
        })),
    async route(request, path, body) {
      if (!path.toLowerCase().startsWith(`${webhookPath}/`)) return undefined;
      const url = new URL(request.url ?? '/', 'http://localhost');
      if (!keys.allowsSystem(request, url, systemKey)) return { status: 401 };
      return answer(webhookPath, request, body);
    },
    async start(from) {
      origin = from;
      const server = createServer((request, response) => {
        void answer(rpcPath, request, () => readBody(request, maximumBody)).then(({ status, headers, body }) =>
          response.writeHead(status, headers).end(body),
        );
      });
      rpc = await listen(server, 0);
      pump.start();
    },
    async stop() {
      await pump.stop();
      await rpc?.close();
      db.close();
    },
  };
}

const written = ({ status, headers = {}, body }: ApiAnswer) => ({
  status,
  headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json; charset=utf-8' },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
});
