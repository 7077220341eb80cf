import type { Ods } from '../../context.ts';
import { type Criterion, plainSearch, type SearchQuery, type Wanted } from '../../fhir/index.ts';
import type { Head } from '../documents.ts';
import { isToken } from '../ids.ts';
import type { Reader, Viewed } from '../reader.ts';
import type { Match } from '../records.ts';
import type { OpenedMatch } from './open-matches.ts';

type Group = NonNullable<Head['group']>;

/** The patients who were merged with the one whose compartment a query names; undefined: nobody was. */
export async function mergedWith(
  reader: Reader,
  trust: Ods,
  query: SearchQuery,
  views: readonly Viewed[],
): Promise<Group | undefined> {
  const token = await tokenNamed(reader, trust, query);
  if (token === undefined) return undefined;
  // A search by patient has brought the head along.
  const head = views.find(({ body }) => body.kind === 'head' && body.of === token)?.body;
  if (query.patient !== undefined && (head?.kind !== 'head' || head.merged !== true)) return undefined;
  return (await reader.head(trust, token))?.group;
}

async function tokenNamed(reader: Reader, trust: Ods, { patient, criteria }: SearchQuery): Promise<string | undefined> {
  const id = patient ?? criteria.flatMap(compartmentIn)[0];
  return id === undefined || isToken(id) ? id : reader.locate(trust, { type: 'Patient', id });
}

/** The patient of a criterion that asks for a compartment by several parameters. */
const compartmentIn = ({ orIn, anyOf }: Criterion): string[] =>
  orIn === undefined
    ? []
    : anyOf.flatMap((wanted) =>
        wanted.kind === 'reference' && wanted.target.startsWith('Patient/')
          ? [wanted.target.slice('Patient/'.length)]
          : [],
      );

/** The query that asks for all patients of a group where it asked for one. */
export function withMerged(query: SearchQuery, group: Group): SearchQuery {
  const names = group.map(({ patientId }) => `Patient/${patientId}`);
  const criteria = query.criteria.map((criterion) => ({
    ...criterion,
    anyOf: criterion.anyOf.flatMap((wanted): Wanted[] =>
      wanted.kind === 'reference' && names.includes(wanted.target)
        ? names.map((target) => ({ kind: 'reference', target }))
        : [wanted],
    ),
  }));
  return { ...query, criteria };
}

/** The ids, links and activity of Patients are those of each of them, merged or not. */
const asksForEach = ({ type, criteria }: SearchQuery): boolean =>
  type !== 'Patient' || criteria.some(({ p }) => p === '_id' || p === 'link' || p === 'active');

/**
 * Whoever searches for a person finds the survivor: a Patient who gave way to another is found as that one, once.
 * @param find searches for further Patients, under the same decision
 */
export async function asSurvivors(
  query: SearchQuery,
  found: readonly OpenedMatch[],
  find: (query: SearchQuery) => Promise<readonly Match[]>,
): Promise<readonly Match[]> {
  if (asksForEach(query)) return found;
  const standing = found.filter(({ survivor }) => survivor === undefined);
  const known = new Set(standing.map(({ resource }) => resource.id));
  const missing = new Set(found.flatMap(({ survivor }) => survivor ?? []).filter((id) => !known.has(id)));
  const ids = [...missing].map((value) => ({ kind: 'id' as const, value }));
  const brought = missing.size === 0 ? [] : await find(plainSearch('Patient', [{ p: '_id', anyOf: ids }]));
  return [...standing, ...brought].map((match) => {
    const as = found.filter(({ survivor }) => survivor !== undefined && survivor === match.resource.id);
    return as.length === 0 ? match : { ...match, foundAs: as.map(({ resource }) => resource) };
  });
}
