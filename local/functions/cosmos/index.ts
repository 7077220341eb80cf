import type { RegisteredFunction } from '../core-api.ts';
import type { Extension, HostServices } from '../extension.ts';
import { CosmosClients } from './clients.ts';
import { readCosmos } from './input.ts';
import { writeCosmos } from './output.ts';
import { feedStart, leaseId, listenToCosmos } from './trigger.ts';

/** Cosmos DB: functions that changes call, documents that functions read, and documents that they write. */
export function openCosmos(services: HostServices): Extension {
  const clients = new CosmosClients(services.settings);
  const leases = new Map<string, string>();
  return {
    triggers: {
      cosmosdbtrigger: {
        listen: (one) => listenToCosmos(one, services, clients),
        byHand: (_one, input) => ({ input: { json: JSON.stringify([JSON.parse(input)].flat()) } }),
      },
    },
    inputs: { cosmosdb: readCosmos(clients) },
    outputs: { cosmosdb: writeCosmos(clients) },
    check(one) {
      for (const binding of Object.values(one.bindings))
        if (/^cosmosDB/i.test(binding.type)) clients.open(String(binding['connection'] ?? ''), one.name);
      if (one.trigger.binding.type === 'cosmosDBTrigger') checkTrigger(one, leases);
    },
    close: async () => clients.close(),
  };
}

function checkTrigger(one: RegisteredFunction, leases: Map<string, string>): void {
  const { binding } = one.trigger;
  const mode = binding['changeFeedMode'];
  if (mode !== undefined && mode !== 'LatestVersion')
    throw new Error(
      `Function "${one.name}": this host reads the change feed as LatestVersion only, not ${String(mode)}.`,
    );
  feedStart(one);
  const key = JSON.stringify([
    binding['connection'],
    binding['databaseName'],
    binding['leaseContainerName'],
    leaseId(one),
  ]);
  const other = leases.get(key);
  if (other !== undefined)
    throw new Error(
      `Functions "${other}" and "${one.name}" read ${String(binding['containerName'])} with one lease, so that each would see a part of the changes: give each its own leaseContainerPrefix.`,
    );
  leases.set(key, one.name);
}
