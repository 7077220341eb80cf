import type { EntryFacts } from '../audit/index.ts';
import type { Call } from '../context.ts';
import type { WardlineError } from '../errors.ts';
import type { Route } from './types.ts';

const actions = { GET: 'R', POST: 'C', PUT: 'U', PATCH: 'U', DELETE: 'D' } as const;

/** Ids as this server makes them: a patient's token, and what lies in a compartment. No number of a person looks so. */
const ownId = /^(?=[^.]*[a-z])([0-9a-hjkmnp-tv-z]{12})(\.[0-9A-HJKMNP-TV-Z]{26})?$/;

/**
 * What the entry of a failed request says. Whom somebody tried to see without being allowed to stands in it, for the
 * patient's own list; only where the id has the form of ours, since what else a caller writes could be anything.
 */
export function failedFacts(
  { name, method, route }: Pick<Route, 'name' | 'method' | 'route'>,
  params: Readonly<Record<string, string>>,
  { actor }: Pick<Call, 'actor'>,
  error: WardlineError,
): EntryFacts {
  const { type = typeIn(route), id = '', ods = actor.trust } = params;
  const trust = error.trust ?? actor.trust;
  const token = ownId.exec(id)?.[1];
  const tried = error.code === 'forbidden' && token !== undefined && /^[A-Z][A-Za-z]{1,40}$/.test(type);
  return {
    trust,
    subtype: name,
    action: actions[method],
    outcome: error.status >= 500 ? '8' : '4',
    reason: error.code,
    ...(tried ? { entities: [{ type, id }] } : {}),
    ...(tried && ods === trust ? { patients: [token] } : {}),
  };
}

/** A route for one type names it itself. */
const typeIn = (route: string): string => /\/([A-Z][A-Za-z]+)(\/|$)/.exec(route)?.[1] ?? '';
