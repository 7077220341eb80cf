import type { Problem } from '../../errors.ts';
import { problem } from './problem.ts';

/**
 * FHIR's JSON has no empty strings, arrays or objects, and null only in arrays of primitives, where the id or extensions
 * of a value stand in its stead (http://hl7.org/fhir/R4/json.html#null).
 */
export function checkEmptiness(value: unknown, path: string): Problem[] {
  if (value === '' || isEmptyObject(value))
    return [problem(path, 'An element must not be empty: leave it out instead.')];
  if (Array.isArray(value)) return value.flatMap((item, index) => checkItem(item, `${path}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const at = `${path}.${name}`;
    if (item === null) return [problem(at, 'An element must not be null: leave it out instead.')];
    if (Array.isArray(item) && item.includes(null) && !fillsGaps(item, partnerOf(value, name)))
      return [problem(at, `null in an array stands for a value that has only extensions, in ${name} beside it.`)];
    return checkEmptiness(item, at);
  });
}

const checkItem = (item: unknown, path: string): Problem[] => (item === null ? [] : checkEmptiness(item, path));

const isEmptyObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

const partnerOf = (object: object, name: string): unknown =>
  Reflect.get(object, name.startsWith('_') ? name.slice(1) : `_${name}`);

const fillsGaps = (items: readonly unknown[], partner: unknown): boolean =>
  Array.isArray(partner) && items.every((item, index) => item !== null || (partner[index] ?? null) !== null);
