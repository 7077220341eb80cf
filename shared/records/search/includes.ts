import type { Call, Ods } from '../../context.ts';
import { WardlineError } from '../../errors.ts';
import { compartmentElement, type Include, plainSearch, referencesOf, type SearchQuery } from '../../fhir/index.ts';
import type { Match } from '../records.ts';
import { targetsOf } from './follow-links.ts';
import type { SearchDependencies } from './open-matches.ts';
import { referenced } from './referenced.ts';
import { search } from './search.ts';
import { candidatesAtMost } from './too-costly.ts';

/** Rounds of :iterate: a tree of departments is not deeper. */
const roundsAtMost = 8;

/**
 * See {@link Records.included}: what comes along with the matches of a page, each once, under the same decision as
 * anything else.
 */
export async function included(
  deps: SearchDependencies,
  call: Call,
  trust: Ods,
  page: readonly Match[],
  query: Pick<SearchQuery, 'includes' | 'at'>,
): Promise<Match[]> {
  const { includes, at } = query;
  const known = new Set(page.map(nameOf));
  const all: Match[] = [];
  let fresh: readonly Match[] = page;
  for (let round = 0; round < roundsAtMost && fresh.length > 0; round++) {
    const now = round === 0 ? includes : includes.filter(({ iterate }) => iterate);
    const added: Match[] = [];
    const targets = new Set(now.flatMap((include) => (include.reverse ? [] : forward(include, fresh))));
    for (const name of known) targets.delete(name);
    added.push(...(await referenced(deps, call, trust, targets, at)));
    for (const include of now)
      if (include.reverse) added.push(...(await backward(deps, call, trust, include, fresh, at)));
    fresh = added.filter((match) => !known.has(nameOf(match)) && known.add(nameOf(match)));
    all.push(...fresh);
    if (all.length > candidatesAtMost)
      throw new WardlineError(
        'too-costly',
        `More than ${candidatesAtMost} resources would come along: ask for fewer by _count.`,
        {
          expression: '_include',
        },
      );
  }
  return all;
}

const nameOf = ({ resource }: Match): string => `${resource.resourceType}/${resource.id}`;

/** What resources refer to by the include's parameter. */
function forward({ source, p, target }: Include, from: readonly Match[]): string[] {
  return from.flatMap((match) => {
    const { resourceType } = match.resource;
    if (source !== '*' && source !== resourceType) return [];
    const codes = p === '*' ? referencesOf(resourceType).map(({ code }) => code) : [p];
    return codes
      .flatMap((code) => targetsOf(match, code))
      .filter((one) => target === undefined || one.startsWith(`${target}/`));
  });
}

/** What refers to resources by the include's parameter; one patient's stays in the patient's partition. */
async function backward(
  deps: SearchDependencies,
  call: Call,
  trust: Ods,
  { source, p, target }: Include,
  to: readonly Match[],
  at: number | undefined,
): Promise<readonly Match[]> {
  const named = to.map(nameOf).filter((name) => target === undefined || name.startsWith(`${target}/`));
  if (named.length === 0) return [];
  const [only] = named;
  const about = only !== undefined && named.length === 1 && only.startsWith('Patient/') ? only.slice(8) : undefined;
  const ownCompartment =
    Object.hasOwn(compartmentElement, source) && (p === 'patient' || p === compartmentElement[source]);
  const { matches } = await search(deps, call, trust, {
    ...plainSearch(source, [{ p, anyOf: named.map((name) => ({ kind: 'reference', target: name })) }]),
    ...(about !== undefined && ownCompartment ? { patient: about } : {}),
    ...(at === undefined ? {} : { at }),
  });
  return matches;
}
