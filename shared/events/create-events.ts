import { createHash } from 'node:crypto';
import type { Blobs } from '../azure/blobs.ts';
import type { Bus } from '../azure/bus.ts';
import type { EventGrid } from '../azure/event-grid.ts';
import type { Telemetry } from '../azure/telemetry.ts';
import type { Call, Clock, Ids } from '../context.ts';
import { WardlineError } from '../errors.ts';
import type { Records } from '../records/index.ts';
import { eventTypes, queues, sessionOf } from '../topology.ts';
import { type BedMoved, readBedMoved } from './bed-moved.ts';
import type { Events } from './events.ts';
import { moveEncounter } from './move-encounter.ts';
import { relay } from './relay.ts';

export function createEvents(deps: {
  records: Records;
  bus: Bus;
  eventGrid: EventGrid;
  blobs: Blobs;
  clock: Clock;
  ids: Ids;
  telemetry: Telemetry;
}): Events {
  const { records, bus, eventGrid, telemetry } = deps;
  return {
    relay: (documents) => relay(deps, documents),
    async promote(documents) {
      for (const document of documents as { id?: unknown; state?: unknown; settled?: unknown }[]) {
        const { id, state, settled } = document;
        if (typeof id === 'string' && state !== 'open' && settled !== true) await records.promote(id);
      }
    },
    async sweep() {
      const settled = await records.sweep();
      if (settled > 0) telemetry.event('transactions-swept', { settled });
    },
    publish: ({ id, trust, changes, committedAt }, traceparent) =>
      eventGrid.publish(
        changes.map(({ type, id: resource, versionId, change, patient }) => ({
          // The same change always has the same id: whoever receives it twice can tell.
          id: `${id}|${type}|${resource}|${versionId}`,
          type: eventTypes.recordChanged,
          source: `/wardline/${trust}`,
          subject: `${type}/${resource}`,
          time: new Date(committedAt),
          data: { trust, type, id: resource, versionId, change, ...(patient === undefined ? {} : { patient }) },
          traceparent,
        })),
      ),
    async receiveBedMoved(event) {
      const { id, type, source, data, traceparent } = Object(event) as Record<string, unknown>;
      const moved = type === eventTypes.bedMoved ? readBedMoved(id, data) : `type must be ${eventTypes.bedMoved}`;
      // Delivered again it would be no better: it is told and let go.
      if (typeof moved === 'string') return telemetry.event('bed-moved-malformed', { why: moved });
      await bus.send(queues.bedMoved, [
        {
          // CloudEvents 1.0: source and id together are unique.
          messageId: createHash('sha256').update(`${source}|${moved.id}`).digest('base64url'),
          body: moved,
          sessionId: sessionOf(`${moved.trust}|P|${moved.encounter.split('.')[0]}`),
          ...(typeof traceparent === 'string' ? { traceparent } : {}),
        },
      ]);
    },
    async moveBed(message, traceparent) {
      const moved = readBedMoved(Reflect.get(Object(message), 'id'), message);
      if (typeof moved === 'string')
        throw new WardlineError('malformed-message', `A message on ${queues.bedMoved} is malformed: ${moved}.`);
      await moveEncounter(records, callFor(deps, moved, traceparent), moved);
    },
  };
}

/** Bed management speaks for one trust; it belongs to the team of the trust's integration. */
const callFor = ({ clock, ids }: { clock: Clock; ids: Ids }, { trust }: BedMoved, traceparent: string): Call => ({
  requestId: ids.ulid(),
  traceparent,
  actor: {
    ...{ kind: 'system', id: 'bed-management', displayName: 'Bed management', role: 'bed-management', trust },
    teams: [`${trust}-integration`],
  },
  receivedAt: clock.now(),
  policy: 'record:write',
});
