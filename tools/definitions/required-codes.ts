import type { Json } from './json.ts';

interface Concept {
  readonly code: string;
  readonly concept?: readonly Concept[];
}
interface Include {
  readonly system?: string;
  readonly concept?: readonly Concept[];
  readonly filter?: unknown;
  readonly valueSet?: unknown;
}

/** Codes by code system. */
export type CodesBySystem = Record<string, string[]>;

/**
 * The codes of every value set that an element must take its code from, by the value set's URL. Left out are those that
 * nobody can list: media types, units, languages, currencies.
 */
export function requiredCodes(
  structures: readonly Json[],
  terminology: readonly Json[],
): Record<string, CodesBySystem> {
  const byUrl = (type: string): Map<unknown, Json> =>
    new Map(terminology.filter(({ resourceType }) => resourceType === type).map((one) => [one['url'], one]));
  const valueSets = byUrl('ValueSet');
  const systems = byUrl('CodeSystem');
  const found: Record<string, CodesBySystem> = {};
  for (const url of requiredIn(structures)) {
    const codes = expand(valueSets.get(url), systems);
    if (codes !== undefined) found[url] = codes;
  }
  return found;
}

function requiredIn(structures: readonly Json[]): string[] {
  const urls = structures.flatMap((structure) =>
    (structure['snapshot'] as { element: { binding?: { strength: string; valueSet?: string } }[] }).element.flatMap(
      ({ binding }) => (binding?.strength === 'required' ? (binding.valueSet?.split('|')[0] ?? []) : []),
    ),
  );
  return [...new Set(urls)].sort();
}

function expand(valueSet: Json | undefined, systems: ReadonlyMap<unknown, Json>): CodesBySystem | undefined {
  const { include = [], exclude } = (valueSet?.['compose'] ?? {}) as { include?: Include[]; exclude?: unknown };
  if (include.length === 0 || exclude !== undefined) return undefined;
  const codes: CodesBySystem = {};
  for (const { system, concept, filter, valueSet: other } of include) {
    const concepts = concept ?? (systems.get(system)?.['concept'] as Concept[] | undefined);
    if (system === undefined || concepts === undefined || filter !== undefined || other !== undefined) return undefined;
    codes[system] = [...(codes[system] ?? []), ...flatten(concepts)];
  }
  return codes;
}

const flatten = (concepts: readonly Concept[]): string[] =>
  concepts.flatMap(({ code, concept }) => [code, ...flatten(concept ?? [])]);
