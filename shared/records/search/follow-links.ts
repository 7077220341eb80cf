import type { Call, Ods } from '../../context.ts';
import { WardlineError } from '../../errors.ts';
import { type Criterion, type Link, matches, plainSearch, type SearchQuery } from '../../fhir/index.ts';
import type { Match } from '../records.ts';
import type { SearchDependencies } from './open-matches.ts';
import { referenced } from './referenced.ts';
import { linkedAtMost, tooManyLinked } from './too-costly.ts';
import { valueSetCodes } from './value-set-codes.ts';

/** What following links needs: searching again, and a note of whose records were looked at. */
export interface Following {
  readonly deps: SearchDependencies;
  readonly call: Call;
  readonly trust: Ods;
  readonly at: number | undefined;
  readonly find: (query: SearchQuery) => Promise<readonly Match[]>;
  /** Patients whose resources answered a step: the audit entry names them too. */
  readonly seen: Set<string>;
}

/** The one resource of a type that a query is bound to by its id. */
const boundTo = ({ type, criteria }: SearchQuery): string | undefined => {
  const [only, ...others] = criteria.filter(({ p }) => p === '_id').flatMap(({ anyOf }) => anyOf);
  return only?.kind === 'id' && others.length === 0 ? `${type}/${only.value}` : undefined;
};

/**
 * The query with every link that can be followed beforehand turned into a criterion. Where the search is bound to one
 * patient or one resource, chains are left: the few resources that it finds tell better what to look at.
 */
export async function followLinks(following: Following, query: SearchQuery): Promise<SearchQuery> {
  const bound = boundTo(query);
  const criteria = [...query.criteria];
  const links: Link[] = [];
  for (const link of query.links) {
    if (link.kind === 'chain' && (bound !== undefined || query.patient !== undefined)) links.push(link);
    else criteria.push(await criterionOf(following, query.type, link, bound));
  }
  return { ...query, criteria, links };
}

/** Those of some resources that are what the query asks, links included. */
export async function satisfying(
  following: Following,
  query: SearchQuery,
  found: readonly Match[],
): Promise<readonly Match[]> {
  let kept = found.filter(({ resource, entries }) => matches(query, resource, entries));
  for (const link of query.links) {
    if (kept.length === 0) return kept;
    if (link.kind === 'chain') {
      kept = await referringTo(following, link, kept);
      continue;
    }
    const criteria = [await criterionOf(following, query.type, link, undefined)];
    kept = kept.filter(({ resource, entries }) => matches({ criteria }, resource, entries));
  }
  return kept;
}

function criterionOf(following: Following, type: string, link: Link, bound: string | undefined): Promise<Criterion> {
  switch (link.kind) {
    case 'chain':
      return chained(following, link);
    case 'has':
      return referredTo(following, type, link, bound);
    case 'list':
      return listed(following, type, link.id);
    case 'in':
      return inValueSet(following, link);
  }
}

/** Backwards: what the chain asks for is searched first. */
async function chained(following: Following, { p, anyOf }: Extract<Link, { kind: 'chain' }>): Promise<Criterion> {
  const found = (await Promise.all(anyOf.map((query) => following.find(query)))).flat();
  if (found.length > linkedAtMost) throw tooManyLinked(p);
  note(following, found);
  return {
    p,
    anyOf: found.map(({ resource }) => ({ kind: 'reference', target: `${resource.resourceType}/${resource.id}` })),
  };
}

/** Forwards: what some resources refer to is read, and kept are those of which any is as asked. */
async function referringTo(
  following: Following,
  { p, anyOf }: Extract<Link, { kind: 'chain' }>,
  found: readonly Match[],
): Promise<Match[]> {
  const { deps, call, trust, at } = following;
  const types = new Set(anyOf.map(({ type }) => type));
  const targets = new Set(
    found.flatMap((match) => targetsOf(match, p)).filter((target) => types.has(target.split('/')[0] ?? '')),
  );
  if (targets.size > linkedAtMost) throw tooManyLinked(p);
  const read = await referenced(deps, call, trust, targets, at);
  const good = new Set<string>();
  for (const query of anyOf) {
    const ofType = read.filter(({ resource }) => resource.resourceType === query.type);
    const answering = await satisfying(following, query, ofType);
    note(following, answering);
    for (const { resource } of answering) good.add(`${query.type}/${resource.id}`);
  }
  return found.filter((match) => targetsOf(match, p).some((target) => good.has(target)));
}

/** `_has`: what refers to the resources is searched, and its references give their ids. */
async function referredTo(
  following: Following,
  type: string,
  { p, query }: Extract<Link, { kind: 'has' }>,
  bound: string | undefined,
): Promise<Criterion> {
  const about: Criterion[] = bound === undefined ? [] : [{ p, anyOf: [{ kind: 'reference', target: bound }] }];
  const found = await following.find({ ...query, criteria: [...query.criteria, ...about] });
  note(following, found);
  const prefix = `${type}/`;
  const ids = new Set(
    found.flatMap((match) =>
      targetsOf(match, p).flatMap((one) => (one.startsWith(prefix) ? [one.slice(prefix.length)] : [])),
    ),
  );
  if (ids.size > linkedAtMost) throw tooManyLinked('_has');
  return oneOfIds(ids);
}

/** http://hl7.org/fhir/R4/search.html#list */
async function listed(following: Following, type: string, id: string): Promise<Criterion> {
  const { deps, call, trust, at } = following;
  const [list] = await referenced(deps, call, trust, [`List/${id}`], at);
  const items = list === undefined ? [] : targetsOf(list, 'item').filter((target) => target.startsWith(`${type}/`));
  if (items.length > linkedAtMost) throw tooManyLinked('_list');
  if (list !== undefined) note(following, [list]);
  return oneOfIds(new Set(items.map((item) => item.slice(type.length + 1))));
}

async function inValueSet(
  following: Following,
  { p, valueSet, not }: Extract<Link, { kind: 'in' }>,
): Promise<Criterion> {
  const { deps, call, trust, at } = following;
  const byId = /^(?:ValueSet\/)?([A-Za-z0-9.-]{1,64})$/.exec(valueSet)?.[1];
  const [address = '', version] = valueSet.split('|');
  const found =
    byId === undefined
      ? await following.find(valueSetQuery(address, version))
      : await referenced(deps, call, trust, [`ValueSet/${byId}`], at);
  const [set, ...others] = found;
  if (set === undefined || others.length > 0)
    throw new WardlineError('invalid-parameter', `The parameter ${p} names no ValueSet, or several, of this server.`, {
      expression: p,
    });
  return { p, anyOf: valueSetCodes(set.resource), ...(not ? { not: true } : {}) };
}

const valueSetQuery = (address: string, version: string | undefined): SearchQuery =>
  plainSearch('ValueSet', [
    { p: 'url', anyOf: [{ kind: 'uri', value: address, how: 'exact' }] },
    ...(version === undefined ? [] : [{ p: 'version', anyOf: [{ kind: 'token' as const, code: version }] }]),
  ]);

const oneOfIds = (ids: ReadonlySet<string>): Criterion => ({
  p: '_id',
  anyOf: [...ids].map((value) => ({ kind: 'id', value })),
});

/** `Type/id` of what a resource refers to by a parameter. */
export const targetsOf = ({ entries }: Pick<Match, 'entries'>, p: string): string[] =>
  entries.flatMap((entry) => (entry.kind === 'reference' && entry.p === p && entry.target ? [entry.target] : []));

function note({ seen }: Following, found: readonly Match[]): void {
  for (const { patient } of found) if (patient !== undefined) seen.add(patient);
}
