import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type LocalConfig, readCommandLine } from './config.ts';
import type { AzureDefinition, Endpoints } from './definition.ts';
import { type LocalKeys, openKeys } from './keys.ts';
import { takeRunLock } from './run-lock.ts';
import { serverOptions } from './server-options.ts';
import { type Supervised, supervise } from './supervise.ts';
import { localCertificate } from './tls.ts';

/** `npm start`, and `npm run local` for the servers alone: brings everything up, keeps it up, takes it down again. */
const began = performance.now();
const say = (line: string): void =>
  console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);

const config = readCommandLine();
const running: Supervised[] = [];
/** Compiled code is kept, so that the next start of a server takes less time. */
const compileCache = join(config.state, 'compile-cache');
let stopping = false;

const lock = takeRunLock(config.state);
if (lock === undefined) {
  const pid = readFileSync(join(config.state, 'run', 'supervisor.pid'), 'utf8');
  console.error(
    `It is already running under ${config.state} (process ${pid}). Stop it with npm stop, or start another beside it: --state DIR --port-base N.`,
  );
  process.exit(1);
}
enableCompileCache(compileCache);
try {
  await start(config);
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}\n`);
  await stop(1);
}

async function start({ state, only, serversOnly, seed }: LocalConfig): Promise<void> {
  mkdirSync(join(state, 'run'), { recursive: true, mode: 0o700 });
  rmSync(endpointsFile(), { force: true });
  writeFileSync(join(state, 'run', 'supervisor.pid'), String(process.pid));
  process.on('SIGINT', () => void stop(0));
  process.on('SIGTERM', () => void stop(0));
  const keys = openKeys(state);
  const [definition, tls] = await Promise.all([loadDefinition(config.definition), localCertificate(state)]);
  const endpoints = endpointsOf(config, keys, definition);
  const settings: Record<string, string> = {
    ...definition.settings(endpoints),
    APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=${endpoints.telemetry.endpoint}/`,
    APPLICATIONINSIGHTS_STATSBEAT_DISABLED: 'true',
    APPLICATIONINSIGHTS_SDKSTATS_DISABLED: 'true',
    APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
    // The SDKs' warnings repeat what the host handles anyway.
    AZURE_LOG_LEVEL: 'error',
    IDENTITY_ENDPOINT: `${endpoints.identity.issuer}/msi/token`,
    IDENTITY_HEADER: keys.identityHeader,
  };
  const environment = { NODE_EXTRA_CA_CERTS: tls.ca, NODE_COMPILE_CACHE: compileCache };
  // The SDKs that it needs load while the servers start.
  const provisioning = import('./provision.ts');
  const options = serverOptions({ config, keys, definition, endpoints, tls, settings });
  const names = Object.keys(options).filter(
    (name) => name !== 'functions' && (only === undefined || only.includes(name)),
  );
  const open = (name: string): Promise<void> => launch(name, options[name] ?? {}, environment);
  await together(names.map(open));
  say(`servers ready: ${names.join(', ')}`);
  await (await provisioning).provision(definition, endpoints, only);
  writeFileSync(join(state, 'local.settings.json'), JSON.stringify({ IsEncrypted: false, Values: settings }, null, 2), {
    mode: 0o600,
  });
  if (!serversOnly && only === undefined) {
    await open('functions');
    await probe(`${endpoints.functions}${definition.alive}`);
    say('functions ready');
    if (seed) await runSeed(definition, endpoints, environment);
    await probe(`${endpoints.functions}${definition.ready}`);
  }
  // Whoever waits for the file finds it whole.
  writeFileSync(`${endpointsFile()}.new`, JSON.stringify(endpoints, null, 2), { mode: 0o600 });
  renameSync(`${endpointsFile()}.new`, endpointsFile());
  say(serversOnly || only !== undefined ? 'ready' : `ready: ${endpoints.functions}`);
  if (!serversOnly && only === undefined)
    for (const line of definition.howToSignIn(endpoints)) console.log(`          ${line}`);
}

async function loadDefinition(file: string): Promise<AzureDefinition> {
  if (!existsSync(file)) throw new Error(`There is no definition ${file}. Name one with --definition FILE.`);
  const { definition } = (await import(pathToFileURL(file).href)) as { definition?: AzureDefinition };
  if (definition === undefined) throw new Error(`${file} exports no "definition".`);
  return definition;
}

/** Waits for all, so that every failure is told at once. */
async function together(starting: readonly Promise<void>[]): Promise<void> {
  const failures = (await Promise.allSettled(starting)).flatMap((one) =>
    one.status === 'rejected' ? [one.reason instanceof Error ? one.reason.message : String(one.reason)] : [],
  );
  if (failures.length > 0 && !stopping) throw new Error(failures.join('\n'));
}

async function launch(name: string, options: object, environment: NodeJS.ProcessEnv): Promise<void> {
  running.push(
    await supervise({
      name,
      options,
      environment,
      runFolder: join(config.state, 'run'),
      log: (line) => console.log(`          [${name}] ${line}`),
      patient: name === 'functions' && config.watch,
      died: (code) => say(`${name} died (${code}); starting it again`),
    }),
  );
}

/** The seed asks for the endpoints before the system counts as ready, so they lie beside the final file. */
async function runSeed(
  definition: AzureDefinition,
  endpoints: Endpoints,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const [script = '', ...rest] = definition.seed;
  if (!existsSync(script)) return;
  const file = join(config.state, 'seed-endpoints.json');
  writeFileSync(file, JSON.stringify(endpoints), { mode: 0o600 });
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...rest], {
    stdio: 'inherit',
    // Its data are part of its code: compiled, they would lie in clear in the state folder.
    env: {
      ...process.env,
      ...environment,
      NODE_DISABLE_COMPILE_CACHE: '1',
      WARDLINE_STATE: config.state,
      WARDLINE_ENDPOINTS: file,
    },
  });
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  rmSync(file, { force: true });
  if (code !== 0) throw new Error(`The seed failed (exit ${code}).`);
  say('seeded');
}

async function probe(address: string): Promise<void> {
  let last = 'no answer';
  for (let attempt = 0; attempt < 300 && !stopping; attempt++) {
    const response = await fetch(address).catch(() => undefined);
    if (response?.ok) return;
    if (response !== undefined) last = `${response.status} ${await response.text()}`;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  if (!stopping) throw new Error(`${address} did not become ready: ${last}`);
}

async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  rmSync(endpointsFile(), { force: true });
  // The functions first, so that what they have under way still finds its servers.
  const functions = running.filter(({ name }) => name === 'functions');
  await Promise.all(functions.map((one) => one.stop()));
  await Promise.all(running.filter((one) => !functions.includes(one)).map((one) => one.stop()));
  rmSync(join(config.state, 'run', 'supervisor.pid'), { force: true });
  process.exit(code);
}

function endpointsFile(): string {
  return join(config.state, 'endpoints.json');
}

function endpointsOf({ ports }: LocalConfig, keys: LocalKeys, definition: AzureDefinition): Endpoints {
  const at = (port: number): string => `http://localhost:${port}`;
  const topic = (name: string, key: string) => ({ endpoint: `${at(ports['event-grid'])}/${name}/api/events`, key });
  return {
    functions: at(ports.functions),
    cosmos: { endpoint: `${at(ports.cosmos)}/`, key: keys.cosmos },
    serviceBus: {
      connectionString: `Endpoint=sb://localhost:${ports['service-bus']};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=${keys.serviceBus};UseDevelopmentEmulator=true;`,
      administration: at(ports.administration),
    },
    eventGrid: {
      in: topic(definition.eventGrid.in.name, keys.eventGridIn),
      out: topic(definition.eventGrid.out.name, keys.eventGridOut),
    },
    webPubSub: {
      connectionString: `Endpoint=http://localhost;Port=${ports['web-pubsub']};AccessKey=${keys.webPubSub};Version=1.0;`,
      hub: definition.hubs[0] ?? '',
    },
    blobs: {
      connectionString: `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=${keys.blobs};BlobEndpoint=http://127.0.0.1:${ports.blobs}/devstoreaccount1;`,
    },
    keyVault: { endpoint: `https://localhost:${ports['key-vault']}` },
    identity: { issuer: at(ports.identity) },
    telemetry: { endpoint: `https://localhost:${ports.telemetry}` },
  };
}
