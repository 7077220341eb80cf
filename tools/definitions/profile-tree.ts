import type { ElementRow, ProfileNode, ProfileRow, TypeRow } from '../../shared/fhir/validation/definition-rows.ts';
import { invariantRows } from './invariant-row.ts';
import type { Json } from './json.ts';
import { definitionsBase } from './type-table.ts';

/** A node while the differentials are merged into it. */
type Growing = { -readonly [Name in keyof Omit<ProfileNode, 'slices' | 'children'>]: ProfileNode[Name] } & {
  slices?: Record<string, Growing>;
  children?: Record<string, Growing>;
};

interface Differential {
  readonly id: string;
  readonly path: string;
  readonly min?: number;
  readonly max?: string;
  readonly slicing?: { readonly discriminator?: { type: string; path: string }[]; readonly rules?: string };
  readonly type?: readonly {
    readonly code: string;
    readonly profile?: readonly string[];
    readonly targetProfile?: readonly string[];
  }[];
  readonly binding?: { readonly strength: string; readonly valueSet?: string };
  readonly [name: string]: unknown;
}

/** Trees of all profiles, by URL: the differentials of a profile and of the profiles that it builds on, merged. */
export function profileTrees(
  profiles: readonly Json[],
  types: Readonly<Record<string, TypeRow>>,
): Record<string, ProfileRow> {
  const byUrl = new Map(profiles.map((profile) => [profile['url'], profile]));
  const typeOf = (url: string): string | undefined => {
    const name = url.startsWith(definitionsBase) ? url.slice(definitionsBase.length) : '';
    const known = byUrl.get(url)?.['type'];
    return typeof known === 'string' ? known : name in types ? name : undefined;
  };
  return Object.fromEntries(
    profiles.map((profile) => {
      const type = String(profile['type']);
      const root: Growing = {};
      for (const one of lineage(profile, byUrl))
        for (const element of (one['differential'] as { element: Differential[] }).element)
          apply(element, placeOf(element.id, root, type, types), typeOf);
      const contexts = contextsOf(profile);
      return [profile['url'], { type, root: trimmed(root), ...(contexts === undefined ? {} : { contexts }) }];
    }),
  );
}

/** A profile after those that it builds on. */
function lineage(profile: Json, byUrl: ReadonlyMap<unknown, Json>): Json[] {
  const base = byUrl.get(profile['baseDefinition']);
  return base === undefined ? [profile] : [...lineage(base, byUrl), profile];
}

interface Place {
  readonly node: Growing;
  /** Whether the element is a choice of types. */
  readonly choice: boolean;
}

/** The node that an element's id names, made where it is not there (`Observation.component:systolic.value[x]`). */
function placeOf(id: string, root: Growing, type: string, types: Readonly<Record<string, TypeRow>>): Place {
  let node = root;
  let owners: readonly string[] = [type];
  let choice = false;
  for (const step of id.split('.').slice(1)) {
    const [, stem = '', slice] = /^([^:]+?)(?:\[x\])?(?::(.*))?$/.exec(step) ?? [];
    const { name, chosen, element } = childOf(owners, stem, types);
    node.children ??= {};
    node = node.children[name] ??= {};
    if (element.choice) node.choice = true;
    if (element.choice === true && (chosen ?? slice) !== undefined) {
      node.slicing ??= { by: [{ type: 'type', path: '$this' }] };
      const only = chosen ?? element.types.find((one) => `${name}${capital(one)}` === slice);
      node = sliceOf(node, slice ?? stem);
      if (only !== undefined) node.types = [only];
    } else if (slice !== undefined) {
      if (name === 'extension' || name === 'modifierExtension')
        node.slicing ??= { by: [{ type: 'value', path: 'url' }] };
      node = sliceOf(node, slice);
    }
    choice = element.choice === true;
    owners = choice ? (node.types ?? element.types) : element.types;
  }
  return { node, choice };
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

function sliceOf(node: Growing, name: string): Growing {
  node.slices ??= {};
  node.slices[name] ??= {};
  return node.slices[name];
}

/** An element by its name, or by that of one of its choices (`valueQuantity`). */
function childOf(
  owners: readonly string[],
  stem: string,
  types: Readonly<Record<string, TypeRow>>,
): { name: string; chosen?: string; element: ElementRow } {
  for (const owner of owners)
    for (let type: string | undefined = owner; type !== undefined; type = types[type]?.base) {
      const elements = types[type]?.elements ?? {};
      const element = elements[stem];
      if (element !== undefined) return { name: stem, element };
      for (const [name, choice] of Object.entries(elements)) {
        const chosen = choice.choice ? choice.types.find((one) => `${name}${capital(one)}` === stem) : undefined;
        if (chosen !== undefined) return { name, chosen, element: choice };
      }
    }
  throw new Error(`None of ${owners.join(', ')} has an element ${stem}.`);
}

function apply(element: Differential, { node, choice }: Place, typeOf: (url: string) => string | undefined): void {
  const { min, max, slicing, type, binding } = element;
  if (min !== undefined && min > 0) node.min = min;
  if (max !== undefined && max !== '*') node.max = Number(max);
  if (slicing !== undefined)
    node.slicing = { by: slicing.discriminator ?? [], ...(slicing.rules === 'closed' ? { closed: true } : {}) };
  if (type !== undefined && choice) node.types = type.map(({ code }) => code);
  if (type !== undefined) narrow(type, node, typeOf);
  if (binding?.strength === 'required' && binding.valueSet !== undefined)
    node.binding = binding.valueSet.split('|')[0] ?? '';
  for (const [name, value] of Object.entries(element)) {
    if (name.startsWith('fixed')) node.fixed = value;
    if (name.startsWith('pattern')) node.pattern = value;
  }
  const invariants = invariantRows(element as Json);
  // The one invariant of an extension (inv-1 of openEHR's exposure) speaks of the element around it.
  if (invariants.length === 0 || element.path.startsWith('Extension')) return;
  node.invariants = [...(node.invariants ?? []), ...invariants];
  node.at = element.path.replace('[x]', '');
}

function narrow(
  type: NonNullable<Differential['type']>,
  node: Growing,
  typeOf: (url: string) => string | undefined,
): void {
  const [only] = type;
  if (only?.code === 'Extension' && only.profile?.[0] !== undefined) node.extension = only.profile[0];
  const targets = type.flatMap(({ targetProfile = [] }) => targetProfile).map(typeOf);
  if (targets.length > 0 && !targets.includes('Resource') && targets.every((target) => target !== undefined))
    node.targets = [...new Set(targets)];
}

/** A tree without nodes that ask for nothing. */
function trimmed(node: Growing): ProfileNode {
  const prune = (nodes: Record<string, Growing> | undefined): Record<string, ProfileNode> | undefined => {
    const left = Object.entries(nodes ?? {})
      .map(([name, one]) => [name, trimmed(one)] as const)
      .filter(([, { choice: _, ...asked }]) => Object.keys(asked).length > 0);
    return left.length === 0 ? undefined : Object.fromEntries(left);
  };
  const { slices, children, slicing, ...own } = node;
  const [keptSlices, keptChildren] = [prune(slices), prune(children)];
  return {
    ...own,
    ...(keptSlices === undefined ? {} : { ...(slicing === undefined ? {} : { slicing }), slices: keptSlices }),
    ...(keptChildren === undefined ? {} : { children: keptChildren }),
  };
}

/** Contexts by FHIRPath or by extension cannot be decided from the place alone. */
function contextsOf(profile: Json): string[] | undefined {
  const contexts = (profile['context'] ?? []) as { type: string; expression: string }[];
  return contexts.length === 0 || contexts.some(({ type }) => type !== 'element')
    ? undefined
    : contexts.map(({ expression }) => expression.replace('[x]', ''));
}
