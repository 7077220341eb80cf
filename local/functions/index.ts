import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { Durable, openDurable } from '../durable/index.ts';
import { listen } from '../http-server.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import { openDatabase } from '../sqlite.ts';
import { installCoreApi, type RegisteredFunction, type Registry } from './core-api.ts';
import { listenToCosmos } from './cosmos-trigger.ts';
import { eventGridRoute } from './event-grid-trigger.ts';
import { readHostJson } from './host-json.ts';
import { createHttpFront } from './http-front.ts';
import { createInvoke } from './invoke.ts';
import { readRoutes } from './routes.ts';
import { type Listener, listenToServiceBus } from './service-bus-trigger.ts';
import { runTimer, timerSchema } from './timer-trigger.ts';

export interface FunctionsOptions extends ServerOptions {
  /** Folder of the app: its package.json names the entry (`main`), host.json lies beside it. */
  readonly app: string;
  /** App settings; they become the app's environment. */
  readonly settings: Readonly<Record<string, string>>;
}

const supported = new Set([
  'httpTrigger',
  'timerTrigger',
  'serviceBusTrigger',
  'cosmosDBTrigger',
  'eventGridTrigger',
  'orchestrationTrigger',
  'activityTrigger',
  'entityTrigger',
]);
const durableTypes = new Set(['orchestrationTrigger', 'activityTrigger', 'entityTrigger', 'durableClient']);
const drainFor = 10_000;

/**
 * Runs an unmodified `@azure/functions` v4 app in this process.
 * @throws Error when the app does not load, or asks for something that this host cannot do.
 */
export async function startFunctions(options: FunctionsOptions): Promise<RunningServer> {
  const log = options.log ?? (() => {});
  const host = readHostJson(options.app);
  Object.assign(process.env, options.settings, {
    AzureWebJobsScriptRoot: options.app,
    WEBSITE_HOSTNAME: `localhost:${options.port}`,
    FUNCTIONS_WORKER_RUNTIME: 'node',
  });
  const registry = installCoreApi((level, _category, message) => log(`${level}: ${message}`));
  await loadApp(options.app);
  registry.closed = true;
  refuseUnsupported(registry);
  for (const hook of registry.hooks.appStart) await hook({ hookData: {}, appHookData: {} });

  const invoke = createInvoke(registry, {
    timeout: host.functionTimeout,
    log: (level, message) => log(`${level}: ${message}`),
    inputs: (one) => durable?.inputs(one) ?? [],
  });
  const { state, settings: environment } = options;
  const durable = await durableFor(registry, { invoke, settings: host.durableTask, state, environment, log });
  const routes = readRoutes(registry.functions, host.routePrefix);
  const inFlight = new Set<Promise<unknown>>();
  const events = eventGridRoute(registry.functions, invoke, log);
  const server = createHttpFront({
    routes,
    invoke,
    log,
    inFlight,
    hostRoute: async (request, path, body) => {
      if (path === '/admin/host/status')
        return {
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ state: 'Running', functions: registry.functions.length }),
        };
      return (await durable?.route(request, path, body)) ?? events(request, path, body);
    },
  });
  const db = openDatabase(join(options.state, 'functions.db'), timerSchema);
  const front = await listen(server, options.port);
  await durable?.start(`http://localhost:${front.port}`);
  const listeners = registry.functions.flatMap(
    (one) => openListener(one, { invoke, settings: options.settings, host, log, db }) ?? [],
  );
  return {
    port: front.port,
    endpoint: `http://localhost:${front.port}`,
    async close() {
      server.close();
      await Promise.race([
        Promise.allSettled([...listeners.map((listener) => listener.stop()), ...inFlight, durable?.stop()]),
        new Promise((resolve) => setTimeout(resolve, drainFor)),
      ]);
      for (const hook of registry.hooks.appTerminate) await hook({ hookData: {}, appHookData: {} });
      await front.close();
      db.close();
    },
  };
}

/** Durable Functions are loaded for an app that uses them only. */
async function durableFor(
  registry: Registry,
  options: Omit<Parameters<typeof openDurable>[0], 'registry'>,
): Promise<Durable | undefined> {
  const types = registry.functions.flatMap(({ bindings }) => Object.values(bindings).map(({ type }) => type));
  if (!types.some((type) => durableTypes.has(type))) return undefined;
  const { openDurable } = await import('../durable/index.ts');
  return openDurable({ registry, ...options });
}

async function loadApp(app: string): Promise<void> {
  const { main } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')) as { main?: string };
  if (main === undefined) throw new Error(`${join(app, 'package.json')} names no "main".`);
  await import(pathToFileURL(join(app, main)).href);
}

function refuseUnsupported({ functions }: Registry): void {
  for (const { name, trigger, bindings } of functions) {
    if (!supported.has(trigger.binding.type))
      throw new Error(`Function "${name}": this host does not support ${trigger.binding.type}.`);
    const output = Object.entries(bindings).find(([key, binding]) => binding.direction === 'out' && key !== '$return');
    if (output !== undefined)
      throw new Error(`Function "${name}": this host does not support output bindings (${output[1].type}).`);
  }
}

function openListener(
  one: RegisteredFunction,
  context: {
    invoke: ReturnType<typeof createInvoke>;
    settings: FunctionsOptions['settings'];
    host: ReturnType<typeof readHostJson>;
    log: (line: string) => void;
    db: DatabaseSync;
  },
): Listener | undefined {
  const { invoke, settings, host, log, db } = context;
  const connection = (): string => {
    const name = String(one.trigger.binding['connection'] ?? '');
    const value = settings[name];
    if (value === undefined) throw new Error(`Function "${one.name}": the setting ${name} holds no connection string.`);
    return value;
  };
  if (one.trigger.binding.type === 'timerTrigger') return runTimer({ one, invoke, db, log });
  if (one.trigger.binding.type === 'serviceBusTrigger')
    return listenToServiceBus({ one, invoke, settings: host.serviceBus, connection: connection(), log });
  if (one.trigger.binding.type === 'cosmosDBTrigger')
    return listenToCosmos({ one, invoke, connection: connection(), log });
  return undefined;
}
