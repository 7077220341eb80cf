import type { Json } from './json.ts';

interface Parameter {
  readonly code: string;
  readonly base: readonly string[];
  readonly type: string;
  readonly expression?: string;
  readonly target?: readonly string[];
}

/** A search parameter of one type; `target` where a reference may point to one type only. */
export interface Row {
  readonly type: string;
  /** FHIRPath; what any of them finds counts. */
  readonly expressions: readonly string[];
  readonly target?: string;
}

const indexed = new Set(['token', 'reference', 'string', 'date', 'uri', 'number', 'quantity']);

/** Search parameters by type and code (http://hl7.org/fhir/R4/searchparameter-registry.html). */
export function searchTable(parameters: readonly Json[]): Record<string, Record<string, Row>> {
  const table: Record<string, Record<string, Row>> = {};
  for (const { code, base, type, expression, target } of parameters as unknown as Parameter[]) {
    if (expression === undefined || !indexed.has(type)) continue;
    for (const one of base) {
      const expressions = ownParts(expression, one);
      const only = target?.length === 1 ? target[0] : typeAskedFor(expressions);
      table[one] ??= {};
      table[one][code] = {
        type,
        expressions: expressions.map(withoutResolve),
        ...(only === undefined ? {} : { target: only }),
      };
    }
  }
  return table;
}

/** An expression of several types is a union; each type keeps its own part. */
function ownParts(expression: string, base: string): string[] {
  const parts = splitUnion(expression);
  const own = parts.filter((part) => part.replace(/^\(+/, '').startsWith(`${base}.`));
  return own.length > 0 ? own : parts;
}

/** The operands of `|` outside brackets, since the engine's own union compares every pair. */
function splitUnion(expression: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of expression) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === '|' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim());
}

const resolved = /where\(resolve\(\) is (\w+)\)/g;

/** `Condition.subject.where(resolve() is Patient)`: a Patient and nothing else. */
function typeAskedFor(expressions: readonly string[]): string | undefined {
  const types = expressions.map((expression) => [...expression.matchAll(resolved)].at(-1)?.[1]);
  return new Set(types).size === 1 ? types[0] : undefined;
}

/**
 * `resolve() is Patient` only ever asks what type a reference points to, which the reference itself says: so nothing has
 * to be fetched to index a resource.
 */
const withoutResolve = (expression: string): string =>
  expression.replace(resolved, "where(reference.matches('(^|/)$1/'))");
