import type { Documents } from '../azure/documents.ts';
import type { Ods } from '../context.ts';
import type { DisclosureDocument, LinkDocument } from './documents.ts';
import type { AuditEntry } from './entry.ts';
import { parseEntry } from './parse-entry.ts';

const maximumOperations = 100;
/** Entries of one patient that are read at once. */
const maximumEntries = 1_000;

const partitionOf = (trust: Ods, patient: string): string => `${trust}|${patient}`;

/**
 * Notes for every patient that an entry of a chain concerns them. Ids are fixed by the entry, so doing it twice changes
 * nothing.
 * @param changed documents of the container `audit`, as its change feed tells them
 */
export async function disclose(disclosures: Documents, changed: readonly unknown[]): Promise<void> {
  const pointers = changed.flatMap((document) => pointersOf(document));
  await Promise.all(
    [...Map.groupBy(pointers, ({ partition }) => partition)].map(async ([partition, group]) => {
      for (let start = 0; start < group.length; start += maximumOperations) {
        const outcome = await disclosures.batch(
          partition,
          group.slice(start, start + maximumOperations).map((document) => ({ op: 'upsert', document })),
        );
        if (!outcome.ok) throw new Error(`Disclosures refused a batch (${outcome.status}).`);
      }
    }),
  );
}

function pointersOf(document: unknown): DisclosureDocument[] {
  const { kind, id, partition: chain, entry: value } = Object(document) as Partial<LinkDocument>;
  const entry = parseEntry(value);
  if (kind !== 'entry' || id === undefined || chain === undefined || entry === undefined) return [];
  return [...new Set(entry.patients)].map((patient) => ({
    id,
    partition: partitionOf(entry.trust, patient),
    recorded: entry.recorded,
    chain,
    link: id,
  }));
}

/** Entries that concern a patient, newest first, at most 1,000. */
export async function entriesOf(
  { audit, disclosures }: { audit: Documents; disclosures: Documents },
  trust: Ods,
  patient: string,
): Promise<AuditEntry[]> {
  const { items } = await disclosures.query<DisclosureDocument>(
    'SELECT c.recorded, c.chain, c.link FROM c ORDER BY c.recorded DESC',
    {},
    { partition: partitionOf(trust, patient), limit: maximumEntries },
  );
  const found = await Promise.all(
    [...Map.groupBy(items, ({ chain }) => chain)].map(async ([chain, pointers]) => {
      const links: LinkDocument[] = [];
      for (let start = 0; start < pointers.length; start += maximumOperations) {
        const some = pointers.slice(start, start + maximumOperations).map(({ link }) => link);
        for (const link of await audit.readTogether<LinkDocument>(chain, some))
          if (link !== undefined) links.push(link.document);
      }
      return links;
    }),
  );
  return found
    .flat()
    .map(({ entry }) => entry)
    .sort((a, b) => b.recorded.localeCompare(a.recorded));
}
