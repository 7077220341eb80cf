import type { Problem } from '../../errors.ts';
import { checkBinding } from './check-binding.ts';
import { checkInvariants } from './check-invariants.ts';
import { checkReferenceTarget } from './check-reference.ts';
import { codedTypeOf } from './coded-type.ts';
import type { ProfileNode, Slicing } from './definition-rows.ts';
import { choiceName } from './definitions.ts';
import { equals, includes } from './equals.ts';
import { type Item, itemsOf } from './items.ts';
import { problem } from './problem.ts';
import { sliceMatcher } from './slice-matcher.ts';
import type { Scope } from './walk.ts';

/**
 * What a value breaks of a profile's rules for it and everything in it.
 * @param path FHIRPath of the value
 */
export const checkProfile = (node: ProfileNode, value: unknown, path: string, scope: Scope): Problem[] => [
  ...checkItem(node, { value, companion: undefined, path, suffix: undefined }, scope),
];

/** The values of one element: how many, each of them, and the slices that they fall into. */
function* checkNode(node: ProfileNode, items: readonly Item[], path: string, scope: Scope): Generator<Problem> {
  yield* checkCount(node, items.length, path, '');
  for (const item of items) yield* checkItem(node, item, scope);
  const { slicing, slices } = node;
  if (slicing !== undefined && slices !== undefined) yield* checkSlices(slicing, slices, items, path, scope);
}

function* checkSlices(
  slicing: Slicing,
  slices: NonNullable<ProfileNode['slices']>,
  items: readonly Item[],
  path: string,
  scope: Scope,
): Generator<Problem> {
  let left = items;
  let decided = true;
  for (const [name, slice] of Object.entries(slices)) {
    const matches = sliceMatcher(slicing, slice);
    if (matches === undefined) {
      decided = false;
      continue;
    }
    const mine = left.filter(matches);
    left = left.filter((item) => !mine.includes(item));
    yield* checkCount(slice, mine.length, path, ` of ${name}`);
    for (const item of mine) yield* checkItem(slice, item, scope);
    // What a slice asks of its own slices, such as of an extension in it.
    if (slice.slicing !== undefined && slice.slices !== undefined)
      yield* checkSlices(slice.slicing, slice.slices, mine, path, scope);
  }
  if (slicing.closed && decided)
    for (const { path: at } of left) yield problem(at, `The profile allows ${Object.keys(slices).join(' and ')} only.`);
}

function* checkCount({ min, max }: ProfileNode, count: number, path: string, what: string): Generator<Problem> {
  if (min !== undefined && count < min) yield problem(path, `The profile needs at least ${min}${what}.`);
  if (max !== undefined && count > max) yield problem(path, `The profile allows at most ${max}${what}.`);
}

function* checkItem(node: ProfileNode, item: Item, scope: Scope): Generator<Problem> {
  const { value, companion, path } = item;
  for (const what of demandsOn(node, item, scope)) yield problem(path, `The profile takes ${what}.`);
  if (node.invariants !== undefined && value !== undefined)
    for (const what of checkInvariants(node.invariants, node.at ?? '', value, scope)) yield problem(path, what);
  const object = typeof value === 'object' && value !== null ? value : (companion ?? {});
  for (const [name, child] of Object.entries(node.children ?? {})) {
    const at = `${path}.${name}`;
    yield* checkNode(child, itemsOf(object, name, child.choice === true, at), at, scope);
  }
}

function* demandsOn(node: ProfileNode, { value, suffix }: Item, { container }: Scope): Generator<string> {
  const { types, fixed, pattern, binding, targets } = node;
  if (types !== undefined && suffix !== undefined && !types.some((type) => choiceName('', type) === suffix)) {
    yield types.join(' or ');
    return;
  }
  // Of a primitive there may be the extensions alone.
  if (value === undefined) return;
  if (fixed !== undefined && !equals(fixed, value)) yield `${JSON.stringify(fixed)} only`;
  if (pattern !== undefined && !includes(value, pattern)) yield `what includes ${JSON.stringify(pattern)}`;
  const code = binding === undefined ? undefined : checkBinding(binding, codedTypeOf(value), value);
  if (code !== undefined) yield code;
  const target =
    typeof value === 'object' && value !== null ? checkReferenceTarget(targets, value, container) : undefined;
  if (target !== undefined) yield target;
}
