import { join, resolve } from 'node:path';
import { listen } from '../http-server.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import { openDatabase } from '../sqlite.ts';
import { adminRoute } from './admin.ts';
import { AppSettings } from './app-settings.ts';
import { createBindings, refuseUnsupported } from './bindings.ts';
import { installCoreApi, type Registry } from './core-api.ts';
import type { HostServices } from './extension.ts';
import { openExtensions } from './extensions.ts';
import { listFunctions } from './function-list.ts';
import { type HostSettings, readHostJson } from './host-json.ts';
import { defaultBodyLimit } from './http/body.ts';
import { answerBuffered } from './http/buffered.ts';
import { createHttpFront } from './http/front.ts';
import { readRoutes } from './http/routes.ts';
import { openStreaming } from './http/streamed.ts';
import { createInvoke, type Invoke } from './invoke.ts';
import { HostKeys } from './keys.ts';
import { TriggerListeners } from './listeners.ts';
import { loadApp, selectFunctions } from './load-app.ts';
import { createLog, type Log } from './log.ts';
import { watchApp } from './watch.ts';

export interface FunctionsOptions extends ServerOptions {
  /** Folder of the app: its package.json names the entry (`main`), host.json lies beside it. */
  readonly app: string;
  /** App settings; they become the app's environment, before those of its own `local.settings.json`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Keys that others must know to call an extension's webhook, by name; others are made. */
  readonly systemKeys?: Readonly<Record<string, string>>;
  /** Origins that may call the app from a browser, where its own `local.settings.json` names none. */
  readonly corsOrigins?: readonly string[];
  /** Ends the process when a file of the app changes, so that whoever started it starts it again. */
  readonly watch?: boolean;
}

/** How long a stop waits for requests that are under way, ms. */
const drainFor = 10_000;

/**
 * Runs an unmodified `@azure/functions` v4 app in this process.
 * @throws Error when the app does not load, or asks for something that this host cannot do.
 */
export async function startFunctions(options: FunctionsOptions): Promise<RunningServer> {
  const write = options.log ?? (() => {});
  const app = resolve(options.app);
  const settings = new AppSettings(app, options.settings, process.env);
  const host = readHostJson(app, { ...definedOf(process.env), ...settings.values });
  const log = createLog(host.logLevel, write);
  // By these SDKs know where they run; else they ask the metadata service of a virtual machine.
  const platform = { WEBSITE_SITE_NAME: 'local', FUNCTIONS_EXTENSION_VERSION: '~4' };
  Object.assign(process.env, platform, settings.values, {
    AzureWebJobsScriptRoot: app,
    WEBSITE_HOSTNAME: `localhost:${options.port}`,
    FUNCTIONS_WORKER_RUNTIME: 'node',
  });
  const registry = installCoreApi((level, _category, message) => log(level, 'Worker', message));
  if (options.watch === true) await loadWatched(app, registry, write);
  else await loadApp(app);
  return startHost(options, { registry, settings, host, log, write });
}

async function startHost(
  options: FunctionsOptions,
  {
    registry,
    settings,
    host,
    log,
    write,
  }: { registry: Registry; settings: AppSettings; host: HostSettings; log: Log; write: (line: string) => void },
): Promise<RunningServer> {
  if (registry.model === undefined) throw new Error('The app registers no functions with @azure/functions.');
  for (const hook of registry.hooks.appStart) await hook({ hookData: {}, appHookData: {} });
  const streamed = await openStreaming(registry.model);
  registry.closed = true;
  const functions = selectFunctions(registry, settings, host);
  const routes = readRoutes(functions, host.http.routePrefix);
  const db = openDatabase(join(options.state, 'functions.db'), '');
  const keys = new HostKeys(
    options.state,
    functions.map(({ name }) => name),
    options.systemKeys,
  );
  let port = options.port;
  // Extensions and invocations know each other: triggers call functions, and bindings are filled while they are called.
  let invoke: Invoke | undefined;
  const services: HostServices = {
    registry,
    functions,
    settings,
    host,
    db,
    state: options.state,
    log,
    invoke: (one, invocation) => {
      if (invoke === undefined) throw new Error('The host has not started yet.');
      return invoke(one, invocation);
    },
    origin: () => `http://localhost:${port}`,
  };
  const extensions = await openExtensions(services, keys);
  refuseUnsupported(functions, extensions);
  const inFlight = new Set<Promise<unknown>>();
  const called = createInvoke(registry, { timeout: host.functionTimeout, log, bindings: createBindings(extensions) });
  const listeners = new TriggerListeners(extensions);
  invoke = listeners.counting(called);
  const server = createHttpFront({
    routes,
    answer: streamed ?? answerBuffered,
    invoke,
    keys,
    cors: settings.cors ?? { origins: options.corsOrigins ?? [], credentials: false },
    settings: host.http,
    bodyLimit: Number(settings.get('FUNCTIONS_REQUEST_BODY_SIZE_LIMIT') ?? defaultBodyLimit),
    homepage: settings.get('AzureWebJobsDisableHomepage')?.toLowerCase() !== 'true',
    log,
    inFlight,
    hostRoutes: [
      adminRoute({ services, extensions, routes, keys, state: listeners }),
      ...extensions.flatMap(({ route }) => route ?? []),
    ],
  });
  const front = await listen(server, options.port);
  port = front.port;
  process.env['WEBSITE_HOSTNAME'] = `localhost:${port}`;
  await listeners.start(functions);
  for (const line of listFunctions(functions, routes, services.origin())) write(line);
  return {
    port,
    endpoint: services.origin(),
    async close() {
      server.close();
      await Promise.race([
        Promise.allSettled([listeners.stop(), ...inFlight]),
        new Promise((late) => setTimeout(late, drainFor)),
      ]);
      for (const hook of registry.hooks.appTerminate) await hook({ hookData: {}, appHookData: {} });
      await front.close();
      await Promise.allSettled(extensions.map((extension) => extension.close?.()));
      db.close();
    },
  };
}

/** Loads the app and ends this process when a file of it changes; an app that does not load waits for the change too. */
async function loadWatched(app: string, registry: Registry, write: (line: string) => void): Promise<void> {
  try {
    await loadApp(app);
    watchApp(app, registry.files, (file) => {
      write(`${file} has changed: starting again`);
      process.kill(process.pid, 'SIGTERM');
    });
  } catch (error) {
    await new Promise<void>((changed) => {
      // Watching keeps no process alive: this does, as long as whoever started it is there.
      const parent = process.ppid;
      const idle = setInterval(() => {
        if (process.ppid !== parent) process.exit(1);
      }, 1_000);
      watchApp(app, registry.files, () => {
        clearInterval(idle);
        changed();
      });
      write(error instanceof Error ? (error.stack ?? error.message) : String(error));
      write('The app does not load. Waiting for a change of its files.');
    });
    throw new Error('Files of the app have changed: starting again.');
  }
}

function definedOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
