import { benchLocalBlobs } from './local-blobs.ts';
import { benchLocalCosmos } from './local-cosmos.ts';
import { benchLocalDurable } from './local-durable.ts';
import { benchLocalEventGrid } from './local-event-grid.ts';
import { benchLocalFunctions } from './local-functions.ts';
import { benchLocalMemory } from './local-memory.ts';
import { benchLocalServiceBus } from './local-service-bus.ts';
import { benchLocalWebPubSub } from './local-web-pubsub.ts';
import type { LocalFigure } from './measure.ts';

/** The parts in the order they run; each starts what it measures and stops it again. */
const parts: Readonly<Record<string, () => Promise<readonly LocalFigure[]>>> = {
  cosmos: benchLocalCosmos,
  'service-bus': benchLocalServiceBus,
  'event-grid': benchLocalEventGrid,
  'web-pubsub': benchLocalWebPubSub,
  blobs: benchLocalBlobs,
  functions: benchLocalFunctions,
  durable: benchLocalDurable,
};

/** `npm run bench local [PART…]`: the local servers, one after the other, through the unmodified SDKs; `memory` only when it is named. */
export async function benchLocal(wanted: readonly string[]): Promise<void> {
  if (wanted.includes('memory')) return benchLocalMemory();
  const unknown = wanted.find((name) => parts[name] === undefined);
  if (unknown !== undefined)
    throw new Error(`There is no part "${unknown}". There are: ${Object.keys(parts).join(', ')}, memory.`);
  const figures: LocalFigure[] = [];
  for (const [name, run] of Object.entries(parts)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    console.log(`measuring ${name} …`);
    figures.push(...(await run()));
  }
  console.table(
    figures.map(({ operation, concurrency, perSecond, p50, p99, floor }) => ({
      operation,
      'in flight': concurrency,
      'a second': Math.round(perSecond),
      'p50 (ms)': Number(p50.toFixed(2)),
      'p99 (ms)': Number(p99.toFixed(2)),
      'floor a second': floor === undefined ? '' : Math.round(floor),
      'of the floor': floor === undefined ? '' : Number((perSecond / floor).toFixed(2)),
    })),
  );
}
