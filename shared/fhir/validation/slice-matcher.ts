import { isOf } from './check-binding.ts';
import { codedTypeOf } from './coded-type.ts';
import type { ProfileNode, Slicing } from './definition-rows.ts';
import { choiceName } from './definitions.ts';
import { equals, includes } from './equals.ts';
import type { Item } from './items.ts';

/** Whether an item belongs to a slice. */
export type SliceMatcher = (item: Item) => boolean;

const matchers = new WeakMap<ProfileNode, SliceMatcher | null>();

/**
 * What tells whether an item belongs to a slice (http://hl7.org/fhir/R4/profiling.html#discriminator); undefined where
 * the resource alone does not show it, such as by the profile of a reference's target, or by a binding nobody can list.
 */
export function sliceMatcher({ by }: Slicing, slice: ProfileNode): SliceMatcher | undefined {
  let found = matchers.get(slice);
  if (found === undefined) {
    const tests = by.map((one) => testBy(one, slice));
    found =
      tests.length === 0 || tests.includes(undefined) ? null : (item) => tests.every((test) => test?.(item) === true);
    matchers.set(slice, found);
  }
  return found ?? undefined;
}

function testBy({ type, path }: { type: string; path: string }, slice: ProfileNode): SliceMatcher | undefined {
  const steps = path === '$this' ? [] : path.split('.');
  if (steps.some((step) => !/^\w+$/.test(step))) return undefined;
  switch (type) {
    case 'value':
    case 'pattern':
      return path === 'url' ? byUrl(slice) : byValue(slice, steps);
    case 'type':
      return steps.length === 0 ? byType(slice) : undefined;
    case 'exists':
      return byPresence(slice, steps);
    default:
      return undefined;
  }
}

function byUrl({ extension, children }: ProfileNode): SliceMatcher | undefined {
  const url = children?.['url']?.fixed ?? extension;
  return url === undefined ? undefined : ({ value }) => valuesAt(value, ['url']).includes(url);
}

function byType({ types, choice }: ProfileNode): SliceMatcher | undefined {
  return types === undefined || choice !== true
    ? undefined
    : ({ suffix }) => types.some((type) => choiceName('', type) === suffix);
}

function byPresence(slice: ProfileNode, steps: readonly string[]): SliceMatcher | undefined {
  const [node] = nodesAt(slice, steps);
  if (node?.max === 0) return ({ value }) => valuesAt(value, steps).length === 0;
  return (node?.min ?? 0) > 0 ? ({ value }) => valuesAt(value, steps).length > 0 : undefined;
}

function byValue(slice: ProfileNode, steps: readonly string[]): SliceMatcher | undefined {
  const tests = criteriaAt(slice, steps);
  return tests.length === 0
    ? undefined
    : ({ value }) => valuesAt(value, steps).some((one) => tests.some((test) => test(one)));
}

type Test = (value: unknown) => boolean;

/** What the slice asks of the values at a path: there, or in a fixed value or pattern above it. */
function criteriaAt(node: ProfileNode, steps: readonly string[]): Test[] {
  const [step, ...rest] = steps;
  if (step === undefined) return testsOf(node);
  const above = [node.fixed, node.pattern].flatMap((whole) => valuesAt(whole, steps));
  if (above.length > 0) return above.map((wanted) => (value) => includes(value, wanted));
  return nodesAt(node, [step]).flatMap((one) => criteriaAt(one, rest));
}

function testsOf({ fixed, pattern, binding, slices = {} }: ProfileNode): Test[] {
  if (fixed !== undefined) return [(value) => equals(value, fixed)];
  if (pattern !== undefined) return [(value) => includes(value, pattern)];
  if (binding !== undefined && isOf(binding, 'code', 'any') !== undefined)
    return [(value) => isOf(binding, codedTypeOf(value), value) === true];
  return Object.values(slices).flatMap(testsOf);
}

/** The nodes at a path, those of slices on the way too. */
function nodesAt(node: ProfileNode, steps: readonly string[]): ProfileNode[] {
  const [step, ...rest] = steps;
  if (step === undefined) return [node];
  return [node, ...Object.values(node.slices ?? {})].flatMap(({ children }) => {
    const child = children?.[step];
    return child === undefined ? [] : nodesAt(child, rest);
  });
}

/** The values at a path in JSON, through arrays. */
function valuesAt(value: unknown, steps: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, steps));
  const [step, ...rest] = steps;
  if (step === undefined) return value === undefined || value === null ? [] : [value];
  return typeof value === 'object' && value !== null ? valuesAt(Reflect.get(value, step), rest) : [];
}
