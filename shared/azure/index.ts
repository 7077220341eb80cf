import type { Config } from '../config.ts';
import type { ContainerName } from '../topology.ts';
import { type Blobs, createBlobs } from './blobs.ts';
import { type Bus, createBus } from './bus.ts';
import { managedIdentity } from './credential.ts';
import { createDeadLetters, type DeadLetters } from './dead-letters.ts';
import { createDocuments, type Documents } from './documents.ts';
import { createEventGrid, type EventGrid } from './event-grid.ts';
import { createPubSub, type PubSub } from './pubsub.ts';
import { createTelemetry, type Telemetry } from './telemetry.ts';
import { createVault, type Signer, type Vault } from './vault.ts';

/** The clients of every Azure service, each opened at its first use. */
export interface Azure {
  readonly documents: (container: ContainerName) => Documents;
  readonly vault: Vault & Signer;
  readonly bus: Bus;
  readonly pubsub: PubSub;
  readonly eventGrid: EventGrid;
  readonly blobs: Blobs;
  readonly telemetry: Telemetry;
  /** Queues with dead letters, as the broker counts them. */
  deadLetters(): Promise<readonly DeadLetters[]>;
}

/** Makes the clients; connects to nothing yet. */
export function connectAzure(config: Config): Azure {
  const connectionString = config.telemetry;
  const credential = managedIdentity(config.managedIdentity);
  return {
    documents: createDocuments(config.cosmos, credential),
    vault: createVault(config.keyVault, credential),
    bus: createBus(config.serviceBus, credential),
    pubsub: createPubSub(config.webPubSub, credential),
    eventGrid: createEventGrid(config.eventGridOut, credential),
    blobs: createBlobs(config.blobs, credential),
    deadLetters: createDeadLetters(config),
    telemetry: createTelemetry({
      load:
        connectionString === undefined
          ? undefined
          : async () => (await import('./application-insights.ts')).loadApplicationInsights(connectionString),
      write: (level, line) => void (level === 'error' ? process.stderr : process.stdout).write(`${line}\n`),
    }),
  };
}
