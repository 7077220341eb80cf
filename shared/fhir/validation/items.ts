/** A value of an element, or what stands beside it in its stead. */
export interface Item {
  readonly value: unknown;
  /** Id and extensions of a primitive. */
  readonly companion: unknown;
  /** FHIRPath. */
  readonly path: string;
  /** Of a choice the type, as the property's name ends in it (`Quantity`, `DateTime`). */
  readonly suffix: string | undefined;
}

/** The values of an element of an object, with what has only extensions. */
export function itemsOf(object: object, name: string, choice: boolean, path: string): Item[] {
  if (!choice) return itemsAt(object, name, path, undefined);
  const properties = new Set(Object.keys(object).map((key) => (key.startsWith('_') ? key.slice(1) : key)));
  return [...properties]
    .filter((property) => property.startsWith(name) && /^[A-Z]/.test(property.slice(name.length)))
    .flatMap((property) => itemsAt(object, property, path, property.slice(name.length)));
}

function itemsAt(object: object, property: string, path: string, suffix: string | undefined): Item[] {
  const [value, companion]: unknown[] = [Reflect.get(object, property), Reflect.get(object, `_${property}`)];
  if (value === undefined && companion === undefined) return [];
  if (!Array.isArray(value ?? companion)) return [{ value, companion, path, suffix }];
  const [values, companions] = [arrayOf(value), arrayOf(companion)];
  return Array.from({ length: Math.max(values.length, companions.length) }, (_, index) => ({
    value: values[index] ?? undefined,
    companion: companions[index] ?? undefined,
    path: `${path}[${index}]`,
    suffix,
  }));
}

const arrayOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
