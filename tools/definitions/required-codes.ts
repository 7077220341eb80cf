import type { CodesBySystem, ProfileNode, ProfileRow, TypeRow } from '../../shared/fhir/validation/definition-rows.ts';
import type { Json } from './json.ts';

interface Concept {
  readonly code: string;
  readonly concept?: readonly Concept[];
}
interface Include {
  readonly system?: string;
  readonly concept?: readonly Concept[];
  readonly filter?: unknown;
  readonly valueSet?: readonly string[];
}
interface Terminology {
  readonly valueSets: ReadonlyMap<unknown, Json>;
  readonly systems: ReadonlyMap<unknown, Json>;
}

/** The codes of value sets, by URL. Left out are those that nobody can list: media types, units, languages, SNOMED CT. */
export function requiredCodes(urls: Iterable<string>, terminology: readonly Json[]): Record<string, CodesBySystem> {
  const byUrl = (type: string): Map<unknown, Json> =>
    new Map(terminology.filter(({ resourceType }) => resourceType === type).map((one) => [one['url'], one]));
  const known = { valueSets: byUrl('ValueSet'), systems: byUrl('CodeSystem') };
  const found: Record<string, CodesBySystem> = {};
  for (const url of [...new Set(urls)].sort()) {
    const codes = expand(url, known);
    if (codes !== undefined) found[url] = codes;
  }
  return found;
}

/** Value sets that the elements of FHIR's own types require. */
export const bindingsOfTypes = (types: Readonly<Record<string, TypeRow>>): string[] =>
  Object.values(types).flatMap(({ elements }) => Object.values(elements).flatMap(({ binding }) => binding ?? []));

/** Value sets that profiles require. */
export const bindingsOfProfiles = (profiles: Readonly<Record<string, ProfileRow>>): string[] =>
  Object.values(profiles).flatMap(({ root }) => bindingsIn(root));

const bindingsIn = ({ binding, slices = {}, children = {} }: ProfileNode): string[] => [
  ...(binding === undefined ? [] : [binding]),
  ...[...Object.values(slices), ...Object.values(children)].flatMap(bindingsIn),
];

function expand(url: string, known: Terminology): CodesBySystem | undefined {
  const { include = [], exclude } = (known.valueSets.get(url)?.['compose'] ?? {}) as {
    include?: Include[];
    exclude?: unknown;
  };
  if (include.length === 0 || exclude !== undefined) return undefined;
  const codes: Record<string, readonly string[]> = {};
  for (const one of include) {
    const part = expandInclude(one, known);
    if (part === undefined) return undefined;
    for (const [system, more] of Object.entries(part)) codes[system] = [...(codes[system] ?? []), ...more];
  }
  return codes;
}

function expandInclude({ system, concept, filter, valueSet }: Include, known: Terminology): CodesBySystem | undefined {
  if (filter !== undefined) return undefined;
  if (system === undefined) {
    const [only, ...more] = valueSet ?? [];
    return only === undefined || more.length > 0 ? undefined : expand(only.split('|')[0] ?? only, known);
  }
  const { content, concept: all } = (known.systems.get(system) ?? {}) as { content?: string; concept?: Concept[] };
  const concepts = concept ?? (content === 'complete' ? all : undefined);
  return valueSet !== undefined || concepts === undefined ? undefined : { [system]: flatten(concepts) };
}

const flatten = (concepts: readonly Concept[]): string[] =>
  concepts.flatMap(({ code, concept }) => [code, ...flatten(concept ?? [])]);
