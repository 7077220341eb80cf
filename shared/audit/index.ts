import type { Bus } from '../azure/bus.ts';
import type { Documents } from '../azure/documents.ts';
import type { Telemetry } from '../azure/telemetry.ts';
import type { Ods } from '../context.ts';
import { type ContainerName, queues } from '../topology.ts';
import { append, type LinkDocument } from './append.ts';
import { genesis, shards } from './chain.ts';
import type { AuditEntry } from './entry.ts';

export { type Breach, type Link, proveChain } from './chain.ts';
export { type AuditEntry, auditEntry, type EntryFacts } from './entry.ts';

/** The audit trail. */
export interface Audit {
  /** Durable when it resolves: on the queue, or, when that does not confirm in time, in the record's outbox. */
  record(entry: AuditEntry): Promise<void>;
  /** Appends what came from the queue to the chains. */
  append(entries: readonly AuditEntry[]): Promise<void>;
  /** Notes for each patient of new links that somebody saw the record; doing it twice changes nothing. */
  disclose(documents: readonly unknown[]): Promise<void>;
  /** Entries that concern a patient, newest first, at most 1,000. */
  ofPatient(trust: Ods, patient: string): Promise<AuditEntry[]>;
  /** The chains of a month (`2026-11`), for a proof outside. */
  exportMonth(
    trust: Ods,
    month: string,
  ): Promise<
    { chain: string; begin: string; head: { seq: number; hash: string } | undefined; links: LinkDocument[] }[]
  >;
}

/** Where an entry waits when the queue does not answer. */
export interface Outbox {
  leaveInOutbox(trust: Ods, patient: string | undefined, entry: AuditEntry): Promise<void>;
}

/** Nobody waits longer for the queue. */
const confirmWithin = 300;

export function createAudit(deps: {
  bus: Bus;
  documents: (name: ContainerName) => Documents;
  outbox: Outbox;
  telemetry: Telemetry;
}): Audit {
  const { bus, documents, outbox, telemetry } = deps;
  return {
    async record(entry) {
      const sent = bus.send(queues.audit, [{ messageId: entry.id, body: entry, traceparent: entry.traceparent }]);
      const late = Symbol('late');
      const timer = new Promise<typeof late>((resolve) => setTimeout(resolve, confirmWithin, late).unref());
      const outcome = await Promise.race([sent.catch(() => late), timer]);
      if (outcome !== late) return;
      // The queue may still take it: then both arrive, and the chain keeps one, since the id is the same.
      sent.catch(() => {});
      telemetry.event('audit-queue-slow', { entry: entry.id });
      await outbox.leaveInOutbox(entry.trust, entry.patients[0], entry);
    },
    append: (entries) => append(documents('audit'), entries),
    async disclose(changed) {
      for (const document of changed as Partial<LinkDocument>[]) {
        if (document.kind !== 'entry' || document.entry === undefined) continue;
        const { entry } = document;
        for (const patient of new Set(entry.patients)) {
          const partition = `${entry.trust}|${patient}`;
          await documents('disclosures').batch(partition, [
            {
              op: 'upsert',
              document: {
                id: entry.id,
                partition,
                recorded: entry.recorded,
                chain: document.partition,
                link: document.id,
              },
            },
          ]);
        }
      }
    },
    async ofPatient(trust, patient) {
      const pointers = await documents('disclosures').query<{ chain: string; link: string }>(
        'SELECT * FROM c',
        {},
        { partition: `${trust}|${patient}`, limit: 1000 },
      );
      const entries: AuditEntry[] = [];
      for (const [chain, group] of Map.groupBy(pointers.items, ({ chain }) => chain)) {
        for (let start = 0; start < group.length; start += 100) {
          const links = await documents('audit').readTogether<LinkDocument>(
            chain,
            group.slice(start, start + 100).map(({ link }) => link),
          );
          entries.push(...links.flatMap((link) => link?.document.entry ?? []));
        }
      }
      return entries.sort((a, b) => b.recorded.localeCompare(a.recorded));
    },
    async exportMonth(trust, month) {
      const chains = Array.from({ length: shards }, (_, shard) => `${trust}|${month}|${shard}`);
      return Promise.all(
        chains.map(async (chain) => {
          const { items } = await documents('audit').query<LinkDocument & { begin?: string }>(
            'SELECT * FROM c',
            {},
            { partition: chain },
          );
          const head = items.find(({ id }) => id === 'head');
          const links = items.filter(({ kind }) => kind === 'entry').sort((a, b) => a.seq - b.seq);
          return { chain, begin: head?.begin ?? genesis, head: head && { seq: head.seq, hash: head.hash }, links };
        }),
      );
    },
  };
}
