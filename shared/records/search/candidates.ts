import type { Documents, QueryPage } from '../../azure/documents.ts';
import type { Ods } from '../../context.ts';
import type { SearchQuery } from '../../fhir/index.ts';
import type { Keyring } from '../../keys/index.ts';
import type { Collection } from '../collect.ts';
import type { Stageable, VersionDocument } from '../documents.ts';
import { currentId, headId } from '../ids.ts';
import { partitionOf, patientOf, wholePartitionOf } from '../partition.ts';
import { mergeSessions } from '../session.ts';
import { stoodAt } from '../stood-at.ts';
import { narrow } from './narrow.ts';
import { candidatesAtMost, tooCostly } from './too-costly.ts';

interface Dependencies {
  readonly documents: Documents;
  readonly keyring: Keyring;
}

type Candidate = Stageable | VersionDocument;

/** How many patients' heads one query asks for, and how many partitions are read at a time. */
const headsTogether = 100;
const partitionsTogether = 16;
const supersededOfType = `${stoodAt} AND c.type = @type`;

/** A patient is named: one query in one partition brings the head with the results. */
export async function compartmentCandidates(
  { documents, keyring }: Dependencies,
  trust: Ods,
  query: SearchQuery,
  token: string,
): Promise<Collection> {
  const { sql, idsSql, parameters } = await narrow(keyring, trust, query);
  const partition = partitionOf(trust, { patient: token });
  const versions = query.at === undefined ? '' : ` OR (${supersededOfType}${idsSql})`;
  return async (session) => {
    const page = await documents.query<Candidate>(
      `SELECT * FROM c WHERE c.id = @head OR (c.kind = 'current' AND c.type = @type${sql})${versions}`,
      { head: headId, type: query.type, ...parameters, ...momentOf(query) },
      { partition, limit: candidatesAtMost + 1, ...sessionOption(session) },
    );
    if (page.more) throw tooCostly(query.type);
    return { ...sorted(page.items), ...sessionsOf(page) };
  };
}

/** Patients are found by their look-ups, in few partitions, and then read where they live. */
export async function patientCandidates(deps: Dependencies, trust: Ods, query: SearchQuery): Promise<Collection> {
  const { documents, keyring } = deps;
  const { sql, idsSql, parameters } = await narrow(keyring, trust, query, 'lookup');
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
    if (query.at === undefined) return { documents: found, ...sessionsOf(page) };
    const versions = await supersededInTrust(deps, trust, query, idsSql, parameters, session);
    const heads = await headsOf(documents, trust, versions, mergeSessions(session, page.session));
    return { documents: [...found, ...heads], versions, session: page.session };
  };
}

/** All of a type in the trust, then the heads of the patients among them. */
export async function trustCandidates(deps: Dependencies, trust: Ods, query: SearchQuery): Promise<Collection> {
  const { documents, keyring } = deps;
  const { sql, idsSql, parameters } = await narrow(keyring, trust, query);
  const partition = wholePartitionOf(trust, query.type);
  return async (session) => {
    const page = await documents.query<Stageable>(
      `SELECT * FROM c WHERE c.kind = 'current' AND c.trust = @trust AND c.type = @type${sql}`,
      { trust, type: query.type, ...parameters },
      { limit: candidatesAtMost, ...sessionOption(session), ...(partition === undefined ? {} : { partition }) },
    );
    if (page.more) throw tooCostly(query.type);
    // After the present ones: what is superseded between the two is then seen twice rather than not at all.
    const versions =
      query.at === undefined ? [] : await supersededInTrust(deps, trust, query, idsSql, parameters, session);
    // No older than the resources: a patient whose head is not there yet would be left out.
    const heads = await headsOf(documents, trust, [...page.items, ...versions], mergeSessions(session, page.session));
    const documentsFound = [...page.items, ...heads];
    if (query.at !== undefined) return { documents: documentsFound, versions, session: page.session };
    return { documents: documentsFound, ...sessionsOf(page) };
  };
}

async function supersededInTrust(
  { documents }: Dependencies,
  trust: Ods,
  query: SearchQuery,
  idsSql: string,
  parameters: Readonly<Record<string, string | number>>,
  session: string | undefined,
): Promise<VersionDocument[]> {
  const partition = wholePartitionOf(trust, query.type);
  const page = await documents.query<VersionDocument>(
    `SELECT * FROM c WHERE ${supersededOfType} AND c.trust = @trust${idsSql}`,
    { trust, type: query.type, ...parameters, ...momentOf(query) },
    { limit: candidatesAtMost, ...sessionOption(session), ...(partition === undefined ? {} : { partition }) },
  );
  if (page.more) throw tooCostly(query.type);
  return page.items;
}

/** The heads of the patients in whose partitions the documents lie. */
export async function headsOf(
  documents: Documents,
  trust: Ods,
  found: readonly { readonly partition: string }[],
  session: string | undefined,
): Promise<Stageable[]> {
  const tokens = [...new Set(found.flatMap((each) => patientOf(each.partition) ?? []))];
  const heads: Stageable[] = [];
  for (let start = 0; start < tokens.length; start += headsTogether) {
    const some = tokens.slice(start, start + headsTogether);
    const names = some.map((_, index) => `@t${index}`);
    const answer = await documents.query<Stageable>(
      `SELECT * FROM c WHERE c.kind = 'head' AND c.trust = @trust AND c.of IN (${names.join(', ')})`,
      { trust, ...Object.fromEntries(some.map((token, index) => [`t${index}`, token])) },
      sessionOption(session),
    );
    heads.push(...answer.items);
  }
  return heads;
}

/** Present documents, and superseded versions. */
export function sorted(items: readonly Candidate[]): { documents: Stageable[]; versions: VersionDocument[] } {
  const documents: Stageable[] = [];
  const versions: VersionDocument[] = [];
  for (const item of items) {
    if (item.kind === 'version') versions.push(item);
    else documents.push(item);
  }
  return { documents, versions };
}

const momentOf = ({ at }: SearchQuery): { at?: number } => (at === undefined ? {} : { at });
export const sessionOption = (session: string | undefined): { session?: string } => (session ? { session } : {});

/** A single answer shows one moment, and its token tells of which physical partitions; several answers show several. */
export const sessionsOf = ({ session, pages }: QueryPage<unknown>): { session: string; floor?: string } =>
  pages === 1 ? { session, floor: session } : { session };
