import type { ElementRow, InvariantRow, TypeRow } from '../../shared/fhir/validation/definition-rows.ts';
import { invariantRows } from './invariant-row.ts';
import type { Json } from './json.ts';

interface ElementDefinition extends Json {
  readonly path: string;
  readonly min: number;
  readonly max: string;
  readonly base?: { readonly path: string };
  readonly contentReference?: string;
  readonly type?: readonly TypeReference[];
  readonly binding?: { readonly strength: string; readonly valueSet?: string };
}
interface TypeReference {
  readonly code: string;
  readonly profile?: readonly string[];
  readonly targetProfile?: readonly string[];
  readonly extension?: readonly { readonly valueUrl?: string }[];
}

type Growing = TypeRow & { elements: Record<string, ElementRow> };

export const definitionsBase = 'http://hl7.org/fhir/StructureDefinition/';
const withoutVersion = (url: string): string => url.split('|')[0] ?? url;

/** All types of FHIR R4 and those nested in them, with no more than a validator reads. */
export function typeTable(structures: readonly Json[]): Record<string, TypeRow> {
  const table: Record<string, Growing> = {};
  for (const structure of structures) {
    const name = String(structure['type']);
    const [root, ...elements] = (structure['snapshot'] as { element: ElementDefinition[] }).element;
    if (root === undefined) continue;
    const base = structure['baseDefinition'];
    table[name] = row(typeof base === 'string' ? base.replace(definitionsBase, '') : undefined, root);
    for (const element of elements) {
      // A primitive's value is no property of JSON; what a type inherits stands in its base.
      if (structure['kind'] === 'primitive-type' || (element.base?.path ?? element.path) !== element.path) continue;
      const [, parent = '', last = ''] = /^(.*)\.([^.]+)$/.exec(element.path) ?? [];
      const nested = element.type?.[0]?.code;
      if (nested === 'BackboneElement' || nested === 'Element') table[element.path] = row(nested, element);
      const owner = table[parent];
      if (owner === undefined) throw new Error(`${element.path} has no parent.`);
      owner.elements[last.replace('[x]', '')] = elementRow(element);
    }
  }
  for (const { elements } of Object.values(table))
    for (const [name, element] of Object.entries(elements)) elements[name] = withoutOwnOfType(element, table);
  return table;
}

function row(base: string | undefined, root: ElementDefinition): Growing {
  const invariants = invariantRows(root);
  return { ...(base === undefined ? {} : { base }), elements: {}, ...(invariants.length === 0 ? {} : { invariants }) };
}

function elementRow(element: ElementDefinition): ElementRow {
  const { path, min, max, binding, contentReference, type = [] } = element;
  const types = contentReference === undefined ? type.map((one) => typeName(one, path)) : [contentReference.slice(1)];
  const targets = targetTypes(type);
  const simple = type.some(({ profile = [] }) => profile.includes(`${definitionsBase}SimpleQuantity`));
  const invariants = invariantRows(element);
  return {
    types,
    ...(path.endsWith('[x]') ? { choice: true } : {}),
    ...(min === 0 ? {} : { min }),
    ...(max === '1' ? {} : { max: max === '*' ? '*' : Number(max) }),
    ...(targets === undefined ? {} : { targets }),
    ...(binding?.strength === 'required' && binding.valueSet !== undefined
      ? { binding: withoutVersion(binding.valueSet) }
      : {}),
    ...(simple ? { simple } : {}),
    ...(invariants.length === 0 ? {} : { invariants }),
  };
}

/** The definitions call the id of a resource a string; FHIR's type for it is id. */
function typeName({ code, extension }: TypeReference, path: string): string {
  if (path === 'Resource.id') return 'id';
  if (code === 'BackboneElement' || code === 'Element') return path;
  return code.includes('/fhirpath/') ? (extension?.[0]?.valueUrl ?? 'string') : code;
}

/** Types that a reference may lead to; undefined: any. */
export function targetTypes(types: readonly TypeReference[]): string[] | undefined {
  const targets = types.filter(({ code }) => code === 'Reference').flatMap(({ targetProfile = [] }) => targetProfile);
  const names = targets.map((target) => target.replace(definitionsBase, ''));
  return names.length === 0 || names.includes('Resource') ? undefined : names;
}

/** An element repeats the invariants of its type, nested or not, which are checked there. */
function withoutOwnOfType(element: ElementRow, table: Record<string, TypeRow>): ElementRow {
  const { invariants, ...rest } = element;
  const own = new Set(
    rest.types.flatMap((type) => invariantsOf(type, table).map(({ key, expression }) => `${key} ${expression}`)),
  );
  const left = (invariants ?? []).filter(({ key, expression }) => !own.has(`${key} ${expression}`));
  return left.length === 0 ? rest : { ...rest, invariants: left };
}

function invariantsOf(type: string, table: Record<string, TypeRow>): readonly InvariantRow[] {
  const { base, invariants = [] } = table[type] ?? {};
  return base === undefined ? invariants : [...invariants, ...invariantsOf(base, table)];
}
