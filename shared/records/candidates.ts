import type { Documents, QueryPage } from '../azure/documents.ts';
import type { Ods } from '../context.ts';
import type { SearchQuery } from '../fhir/index.ts';
import type { Keyring } from '../keys/index.ts';
import type { Collection } from './collect.ts';
import type { Stageable } from './documents.ts';
import { currentId, headId } from './ids.ts';
import { narrow } from './narrow.ts';
import { partitionOf, patientOf, wholePartitionOf } from './partition.ts';
import { mergeSessions } from './session.ts';
import { candidatesAtMost, tooCostly } from './too-costly.ts';

interface Dependencies {
  readonly documents: Documents;
  readonly keyring: Keyring;
}

/** How many patients' heads one query asks for, and how many partitions are read at a time. */
const headsTogether = 100;
const partitionsTogether = 16;

/** A patient is named: one query in one partition brings the head with the results. */
export async function compartmentCandidates(
  { documents, keyring }: Dependencies,
  trust: Ods,
  query: SearchQuery,
  token: string,
): Promise<Collection> {
  const { sql, parameters } = await narrow(keyring, trust, query);
  const partition = partitionOf(trust, { patient: token });
  return async (session) => {
    const page = await documents.query<Stageable>(
      `SELECT * FROM c WHERE c.id = @head OR (c.kind = 'current' AND c.type = @type${sql})`,
      { head: headId, type: query.type, ...parameters },
      { partition, limit: candidatesAtMost + 1, ...sessionOption(session) },
    );
    if (page.more) throw tooCostly(query.type);
    return { documents: page.items, ...sessionsOf(page) };
  };
}

/** Patients are found by their look-ups, in few partitions, and then read where they live. */
export async function patientCandidates(
  { documents, keyring }: Dependencies,
  trust: Ods,
  query: SearchQuery,
): Promise<Collection> {
  const { sql, parameters } = await narrow(keyring, trust, query, 'lookup');
  return async (session) => {
    const page = await documents.query<Stageable>(
      `SELECT * FROM c WHERE c.kind = 'lookup' AND c.trust = @trust${sql}`,
      { trust, ...parameters },
      { limit: candidatesAtMost, ...sessionOption(session) },
    );
    if (page.more) throw tooCostly(query.type);
    const found: Stageable[] = [...page.items];
    for (let start = 0; start < page.items.length; start += partitionsTogether) {
      const some = page.items
        .slice(start, start + partitionsTogether)
        .flatMap((each) => (each.kind === 'lookup' ? [each] : []));
      const read = await Promise.all(
        some.map(({ of, resource }) =>
          documents.readTogether<Stageable>(partitionOf(trust, { patient: of }), [
            headId,
            currentId({ type: 'Patient', id: resource }),
          ]),
        ),
      );
      for (const each of read.flat()) if (each !== undefined) found.push(each.document);
    }
    // The reads that followed were answered by primary replicas: they are no older than the query.
    return { documents: found, ...sessionsOf(page) };
  };
}

/** All of a type in the trust, then the heads of the patients among them. */
export async function trustCandidates(
  { documents, keyring }: Dependencies,
  trust: Ods,
  query: SearchQuery,
): Promise<Collection> {
  const { sql, parameters } = await narrow(keyring, trust, query);
  const partition = wholePartitionOf(trust, query.type);
  return async (session) => {
    const page = await documents.query<Stageable>(
      `SELECT * FROM c WHERE c.kind = 'current' AND c.trust = @trust AND c.type = @type${sql}`,
      { trust, type: query.type, ...parameters },
      { limit: candidatesAtMost, ...sessionOption(session), ...(partition === undefined ? {} : { partition }) },
    );
    if (page.more) throw tooCostly(query.type);
    const tokens = [...new Set(page.items.flatMap((each) => patientOf(each.partition) ?? []))];
    const heads: Stageable[] = [];
    for (let start = 0; start < tokens.length; start += headsTogether) {
      const some = tokens.slice(start, start + headsTogether);
      const names = some.map((_, index) => `@t${index}`);
      const answer = await documents.query<Stageable>(
        `SELECT * FROM c WHERE c.kind = 'head' AND c.trust = @trust AND c.of IN (${names.join(', ')})`,
        { trust, ...Object.fromEntries(some.map((token, index) => [`t${index}`, token])) },
        // No older than the resources: a patient whose head is not there yet would be left out.
        sessionOption(mergeSessions(session, page.session)),
      );
      heads.push(...answer.items);
    }
    return { documents: [...page.items, ...heads], ...sessionsOf(page) };
  };
}

const sessionOption = (session: string | undefined): { session?: string } => (session ? { session } : {});

/** A single answer shows one moment, and its token tells of which physical partitions; several answers show several. */
const sessionsOf = ({ session, pages }: QueryPage<unknown>): { session: string; floor?: string } =>
  pages === 1 ? { session, floor: session } : { session };
