import type { Container } from './container.ts';
import type { Json, JsonObject } from './json.ts';

/** A value as the index keeps it: numbers as numbers, text as text, and the rest as marked bytes so that types never mix. */
export type IndexValue = string | number | Uint8Array;

/** The index's form of a scalar. */
export function indexValue(value: string | number | boolean | null): IndexValue {
  if (typeof value === 'string' || typeof value === 'number') return value;
  return Uint8Array.of(value === null ? 0 : value ? 2 : 1);
}

/** Every scalar of a document under an indexed path; elements of an array stand under `…/[]`. */
export function indexTerms(container: Container, document: JsonObject): { path: string; value: IndexValue }[] {
  const terms = new Map<string, { path: string; value: IndexValue }>();
  const walk = (value: Json, path: string): void => {
    if (Array.isArray(value)) for (const item of value) walk(item, `${path}/[]`);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) walk(inner, `${path}/${key}`);
    } else if (container.indexed(path))
      terms.set(`${path}\0${typeof value}\0${value}`, { path, value: indexValue(value) });
  };
  walk(document, '');
  return [...terms.values()];
}
