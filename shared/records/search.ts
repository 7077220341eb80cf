import type { Access } from '../access/index.ts';
import type { Documents } from '../azure/documents.ts';
import type { Call, Clock, Ods } from '../context.ts';
import { matches, type SearchQuery } from '../fhir/index.ts';
import type { Keyring, SealKey } from '../keys/index.ts';
import { compartmentCandidates, patientCandidates, trustCandidates } from './candidates.ts';
import { type Collection, collect } from './collect.ts';
import { policyOf, relationOf } from './decide.ts';
import { isToken } from './ids.ts';
import { patientOf } from './partition.ts';
import type { Reader, Viewed } from './reader.ts';
import type { SearchResult, StoredResource } from './records.ts';
import { storedResource, unsealContent } from './sealing.ts';

export interface SearchDependencies {
  readonly documents: Documents;
  readonly reader: Reader;
  readonly keyring: Keyring;
  readonly access: Pick<Access, 'decide' | 'require'>;
  readonly clock: Clock;
}

/** See {@link Records.search}: the index narrows, access leaves out, the matcher decides. */
export async function search(
  deps: SearchDependencies,
  call: Call,
  trust: Ods,
  query: SearchQuery,
): Promise<SearchResult> {
  await deps.access.require(call, { policy: policyOf(call), trust, type: query.type });
  const collection = await collectionFor(deps, trust, query);
  if (collection === undefined) return { matches: [], total: 0, patients: [], session: call.session ?? '' };
  const now = (): number => deps.clock.now().getTime();
  const { views, session } = await collect(deps.reader, now, collection, call.session);
  const keys = await openAllowed(deps, call, trust, query.type, views);
  const found: StoredResource[] = [];
  for (const { document, body } of views) {
    if (body.kind !== 'current' || body.type !== query.type || body.sealed === undefined) continue;
    const key = keys.get(document.partition);
    const content = key === undefined ? undefined : unsealContent(key, document.partition, body);
    if (content === undefined) continue;
    const stored = storedResource(document.partition, body, content);
    if (matches(query, stored.resource, [...content.entries])) found.push(stored);
  }
  found.sort((a, b) => b.lastUpdated.localeCompare(a.lastUpdated) || a.partition.localeCompare(b.partition));
  const patients = [...new Set(found.flatMap(({ patient }) => patient ?? []))];
  return { matches: found, total: found.length, patients, session: session ?? '' };
}

/** Undefined: the query names a patient whom the trust does not have. */
async function collectionFor(
  deps: SearchDependencies,
  trust: Ods,
  query: SearchQuery,
): Promise<Collection | undefined> {
  if (query.patient !== undefined) {
    const id = query.patient;
    const token = isToken(id) ? id : await deps.reader.locate(trust, { type: 'Patient', id });
    return token === undefined ? undefined : compartmentCandidates(deps, trust, query, token);
  }
  return query.type === 'Patient' ? patientCandidates(deps, trust, query) : trustCandidates(deps, trust, query);
}

/** The keys of the partitions that the actor may see, one decision a patient. */
async function openAllowed(
  { reader, keyring, access }: SearchDependencies,
  call: Call,
  trust: Ods,
  type: string,
  views: readonly Viewed[],
): Promise<ReadonlyMap<string, SealKey>> {
  const keys = new Map<string, SealKey>();
  const question = { policy: policyOf(call), trust, type };
  for (const { document, body } of views) {
    const { partition } = document;
    if (body.kind === 'head') {
      const { head, key } = await reader.openHead({ partition, trust }, body);
      if ((await access.decide(call.actor, { ...question, patient: relationOf(head.token, head) })).allowed)
        keys.set(partition, key);
    } else if (patientOf(partition) === undefined && !keys.has(partition)) {
      if ((await access.decide(call.actor, { ...question, patient: 'none' })).allowed)
        keys.set(partition, await keyring.trustKey(trust, 'reference'));
    }
  }
  return keys;
}
