import { isPrimitive, type Property } from './definitions.ts';

/**
 * What a property takes as it stands in the JSON, if it is something else: an array exactly where an element may repeat
 * (http://hl7.org/fhir/R4/json.html#repeat), and `_name` for the ids and extensions of primitives alone.
 */
export function checkShape({ element, type }: Property, name: string, value: unknown): string | undefined {
  const { max = 1 } = element;
  const repeats = max !== 1;
  if (name.startsWith('_')) return shapeOfCompanion(type, repeats, name, value);
  // null is told by the rule of emptiness.
  if (Array.isArray(value) !== repeats && value !== null) return repeats ? 'an array' : 'a single value';
  return typeof max === 'number' && Array.isArray(value) && value.length > max ? `at most ${max} values` : undefined;
}

function shapeOfCompanion(type: string, repeats: boolean, name: string, value: unknown): string | undefined {
  if (!isPrimitive(type) || type === 'xhtml') return 'no property with "_" beside it, since it is no primitive';
  if (typeof value !== 'object' || Array.isArray(value) !== repeats)
    return `${repeats ? 'an array' : 'an object'} as ${name}`;
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return items.every((item) => typeof item === 'object') ? undefined : `objects with id and extension in ${name}`;
}
