import type { AuditEntry } from '../audit/index.ts';
import type { Blobs } from '../azure/blobs.ts';
import type { Bus } from '../azure/bus.ts';
import type { EventGrid } from '../azure/event-grid.ts';
import type { Telemetry } from '../azure/telemetry.ts';
import type { RecordsChanged } from '../boards/index.ts';
import type { Call, Clock, Ids } from '../context.ts';
import { WardlineError } from '../errors.ts';
import type { FhirResource } from '../fhir/index.ts';
import type { OutboxEntry, Records } from '../records/index.ts';
import { blobContainers, eventTypes, queues, recordChanges, sessionOf } from '../topology.ts';
import { type BedMoved, locationsAfter, readBedMoved } from './bed-moved.ts';

/** What leaves Wardline and what comes in. */
export interface Events {
  /** Tells the topic and the audit queue what new outbox entries say. What cannot be told goes to a blob, and on. */
  relay(documents: readonly unknown[]): Promise<void>;
  /** Finishes staged transactions that changed. */
  promote(documents: readonly unknown[]): Promise<void>;
  /** Settles staged transactions whose writer died and that nobody met. */
  sweep(): Promise<void>;
  /** Tells other systems of a commit. */
  publish(changed: RecordsChanged, traceparent: string): Promise<void>;
  /** Takes what another system says and puts it on the queue. */
  receiveBedMoved(event: unknown): Promise<void>;
  /** Moves the encounter. */
  moveBed(message: unknown, traceparent: string): Promise<void>;
}

const bedManagement = {
  kind: 'system',
  id: 'bed-management',
  displayName: 'Bed management',
  role: 'bed-management',
  teams: [],
} as const;

export function createEvents(deps: {
  records: Records;
  bus: Bus;
  eventGrid: EventGrid;
  blobs: Blobs;
  clock: Clock;
  ids: Ids;
  telemetry: Telemetry;
}): Events {
  const { records, bus, eventGrid, blobs, clock, ids, telemetry } = deps;

  const tell = async (entry: OutboxEntry): Promise<void> => {
    await telemetry.span(
      'relay',
      { kind: 'producer', parent: entry.traceparent, attributes: { changes: entry.changes.length } },
      async ({ traceparent }) => {
        const { id, trust, changes, committedAt, partition, audit } = entry;
        const body: RecordsChanged = { id, trust, changes, committedAt };
        await Promise.all([
          changes.length === 0
            ? undefined
            : bus.send(recordChanges.topic, [
                { messageId: `${partition}|${id}`, body, sessionId: sessionOf(partition), traceparent },
              ]),
          audit === undefined
            ? undefined
            : bus.send(queues.audit, [{ messageId: audit.id, body: audit satisfies AuditEntry, traceparent }]),
        ]);
      },
    );
  };

  return {
    async relay(documents) {
      const entries = documents.filter(
        (document): document is OutboxEntry => Reflect.get(Object(document), 'kind') === 'outbox',
      );
      for (const entry of entries) {
        if (isTellable(entry)) await tell(entry);
        else {
          const name = `${String(entry.trust)}/${encodeURIComponent(String(entry.id))}`;
          await blobs.put(
            blobContainers.relayDeadLetters,
            name,
            JSON.stringify({ id: entry.id, partition: entry.partition }),
          );
          telemetry.event('relay-dead-letter', { name });
        }
      }
    },
    async promote(documents) {
      for (const document of documents as { id?: string; state?: string; settled?: boolean }[]) {
        if (typeof document.id === 'string' && document.settled !== true && document.state !== 'open')
          await records.promote(document.id);
      }
    },
    async sweep() {
      const settled = await records.sweep();
      if (settled > 0) telemetry.event('transactions-swept', { settled });
    },
    async publish({ id, trust, changes, committedAt }, traceparent) {
      await eventGrid.publish(
        changes.map(({ type, id: resource, versionId, change, patient }) => ({
          id: `${id}|${type}|${resource}|${versionId}`,
          type: eventTypes.recordChanged,
          source: `/wardline/${trust}`,
          subject: `${type}/${resource}`,
          time: new Date(committedAt),
          data: { trust, type, id: resource, versionId, change, ...(patient === undefined ? {} : { patient }) },
          traceparent,
        })),
      );
    },
    async receiveBedMoved(event) {
      const { id, data } = Object(event) as { id?: unknown; data?: unknown };
      const moved = readBedMoved(id, data);
      if (typeof moved === 'string') {
        // Trying again would change nothing: it is told and let go; Event Grid keeps no malformed event.
        telemetry.event('bed-moved-malformed', { why: moved });
        return;
      }
      const traceparent = Reflect.get(Object(event), 'traceparent');
      const session = sessionOf(`${moved.trust}|${moved.encounter.split('.')[0]}`);
      await bus.send(queues.bedMoved, [
        {
          messageId: moved.id,
          body: moved,
          sessionId: session,
          ...(typeof traceparent === 'string' ? { traceparent } : {}),
        },
      ]);
    },
    async moveBed(message, traceparent) {
      const moved = readBedMoved(Reflect.get(Object(message), 'id'), message);
      if (typeof moved === 'string') throw new Error(`The message is malformed: ${moved}`);
      await move(moved, {
        requestId: `bed-moved-${moved.id}`.slice(0, 100),
        traceparent,
        actor: { ...bedManagement, trust: moved.trust },
        receivedAt: clock.now(),
        policy: 'record:write',
      });
    },
  };

  async function move(moved: BedMoved, call: Call): Promise<void> {
    const { trust, encounter, bed } = moved;
    await records.read(systemCall(call), trust, { type: 'Location', id: bed });
    for (let tries = 0; tries < 5; tries++) {
      const { found } = await records.read(systemCall(call), trust, { type: 'Encounter', id: encounter });
      const before = found.resource as FhirResource & { location?: Parameters<typeof locationsAfter>[0] };
      const location = locationsAfter(before.location ?? [], moved);
      if (location === undefined) return;
      try {
        await records.commit(
          systemCall(call),
          trust,
          [
            {
              kind: 'update',
              type: 'Encounter',
              id: encounter,
              resource: { ...before, location },
              ifMatch: found.versionId,
            },
          ],
          { subtype: 'bed-moved', action: 'U' },
        );
        return;
      } catch (error) {
        if (!(error instanceof WardlineError && error.code === 'version-mismatch')) throw error;
      }
    }
    throw new Error('The encounter is written by too many at once; the message will be delivered again.');
  }

  function systemCall(call: Call): Call {
    return {
      ...call,
      actor: { ...call.actor, teams: [`${call.actor.trust}-integration`] },
      requestId: call.requestId || ids.ulid(),
    };
  }
}

const isTellable = ({ id, trust, partition, changes, committedAt }: Partial<OutboxEntry>): boolean =>
  typeof id === 'string' &&
  typeof trust === 'string' &&
  typeof partition === 'string' &&
  Array.isArray(changes) &&
  typeof committedAt === 'string';
