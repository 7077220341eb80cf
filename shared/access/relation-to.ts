import type { Actor } from '../context.ts';
import type { RelationKind, Relationship } from './relationship.ts';

/** A team that the trust approved, and the wards and clinics it cares for; `*`: all of them. */
export interface Team {
  readonly name: string;
  readonly wards: readonly string[];
}

export const cares = (approved: readonly Team[], place: string): boolean =>
  approved.some(({ wards }) => wards.includes('*') || wards.includes(place));

/**
 * What makes a member of the trust's staff have to do with a patient, the lasting one first; undefined: nothing.
 * @param approved teams of the actor that the trust approved: others make nobody anything
 */
export function relationTo(
  { id, trust }: Pick<Actor, 'id' | 'trust'>,
  { wards, relations = [] }: Pick<Relationship, 'wards' | 'relations'>,
  approved: readonly Team[],
  now: Date,
): { readonly by: 'ward' | RelationKind; readonly until?: string } | undefined {
  if (wards.some((ward) => cares(approved, ward))) return { by: 'ward' };
  const names = new Set([`person|${trust}|${id}`, ...approved.map(({ name }) => `team|${trust}|${name}`)]);
  const isTheirs = (party: string): boolean =>
    // A place is a clinic, not all of them: a team for every ward is no team of every clinic that a patient ever visits.
    names.has(party) || (party.startsWith('place|') && approved.some((team) => team.wards.includes(party.slice(6))));
  const found = relations
    .filter(({ party, until }) => Date.parse(until) > now.getTime() && isTheirs(party))
    .sort((a, b) => b.until.localeCompare(a.until))[0];
  return found === undefined ? undefined : { by: found.kind, until: found.until };
}
