import type { Json, JsonObject } from '../json.ts';
import { everyElement, pathStep, valueUnder } from './document-path.ts';
import type { CompositeIndex, IndexPolicy } from './index-policy.ts';
import { compositeKey, orderKey } from './order-key.ts';

/** One entry of the index: under this path (or composite index) the item has this value. */
export interface Term {
  readonly path: string;
  readonly key: Buffer;
}

/**
 * What the index keeps of a document: every value under an indexed path (arrays and objects as mere markers, their
 * content under paths of its own), and one key a composite index. The result's keys tell terms apart.
 */
export function indexTerms(policy: IndexPolicy, document: JsonObject): Map<string, Term> {
  const terms = new Map<string, Term>();
  const add = (path: string, key: Buffer): void => {
    terms.set(`${path}\0${key.toString('latin1')}`, { path, key });
  };
  const walk = (value: Json, path: string): void => {
    if (policy.indexed(path)) add(path, orderKey(value));
    if (Array.isArray(value)) {
      const inner = `${path}/${everyElement}`;
      for (const item of value) walk(item, inner);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) walk(inner, pathStep(path, name));
    }
  };
  walk(document, '');
  for (const composite of policy.composites) add(composite.name, compositeKeyOf(composite, document));
  return terms;
}

export const compositeKeyOf = ({ paths }: CompositeIndex, document: Json): Buffer =>
  compositeKey(paths.map(({ path, descending }) => ({ value: valueUnder(document, path), descending })));
