import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import type { RunningServer } from './server.ts';

/**
 * One local server as a process of its own: `node local/process.ts SERVICE OPTIONS-AS-JSON [RUN-FOLDER]`. Prints one
 * line `ready {…}` when it listens, keeps its pid in the run folder, ends on SIGTERM.
 */
type Start = (options: never) => Promise<RunningServer>;

const services: Readonly<Record<string, () => Promise<Start>>> = {
  blobs: async () => (await import('./blobs/index.ts')).startBlobs,
  cosmos: async () => (await import('./cosmos/index.ts')).startCosmos,
  'event-grid': async () => (await import('./event-grid/index.ts')).startEventGrid,
  functions: async () => (await import('./functions/index.ts')).startFunctions,
  identity: async () => (await import('./identity/index.ts')).startIdentity,
  'key-vault': async () => (await import('./key-vault/index.ts')).startKeyVault,
  'service-bus': async () => (await import('./service-bus/index.ts')).startServiceBus,
  telemetry: async () => (await import('./telemetry/index.ts')).startTelemetry,
  'web-pubsub': async () => (await import('./web-pubsub/index.ts')).startWebPubSub,
};

const [service = '', options = '{}', runFolder] = process.argv.slice(2);
const load = services[service];
if (load === undefined) {
  console.error(`There is no local service "${service}". There are: ${Object.keys(services).join(', ')}.`);
  process.exit(2);
}
try {
  const start = await load();
  const server = await start({ ...JSON.parse(options), log: console.error } as never);
  const pidFile = runFolder === undefined ? undefined : join(runFolder, `${service}.pid`);
  if (pidFile !== undefined && runFolder !== undefined) {
    mkdirSync(runFolder, { recursive: true });
    writeFileSync(pidFile, String(process.pid));
  }
  const { close, ...facts } = server;
  console.log(`ready ${JSON.stringify(facts)}`);
  // Written now, since a process that is killed writes nothing.
  flushCompileCache();
  let closing = false;
  const stop = (): void => {
    if (closing) return;
    closing = true;
    close().finally(() => {
      if (pidFile !== undefined) rmSync(pidFile, { force: true });
      process.exit(0);
    });
  };
  process.on('SIGTERM', stop);
  // Ctrl-C reaches every process of the terminal at once. A supervised server leaves it to its supervisor, which knows the
  // order; it ends with the supervisor however that ends.
  process.removeAllListeners('SIGINT');
  process.on('SIGINT', process.channel === undefined ? stop : () => {});
  process.on('disconnect', stop);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
