import type { Json } from './json.ts';

interface Parameter {
  readonly url: string;
  readonly code: string;
  readonly base: readonly string[];
  readonly type: string;
  readonly expression?: string;
  readonly target?: readonly string[];
  readonly component?: readonly { readonly definition: string; readonly expression: string }[];
}

/** A part of a composite parameter: what the plain parameter `p` asks of an element, of that same element. */
export interface Component {
  readonly p: string;
  readonly type: string;
  /** FHIRPath, from the element that the composite's own expression finds. */
  readonly expression: string;
}

/** A search parameter of one type. */
export interface Row {
  readonly type: string;
  /** FHIRPath; what any of them finds counts. */
  readonly expressions: readonly string[];
  /** Types that a reference may point to; missing where it may be any. */
  readonly targets?: readonly string[];
  readonly components?: readonly Component[];
}

const indexed = new Set(['token', 'reference', 'string', 'date', 'uri', 'number', 'quantity', 'composite', 'special']);
/** A parameter with more targets than this takes any. */
const mostTargets = 100;

/** Search parameters by type and code (http://hl7.org/fhir/R4/searchparameter-registry.html). */
export function searchTable(parameters: readonly Json[]): Record<string, Record<string, Row>> {
  const listed = parameters as unknown as Parameter[];
  const byUrl = new Map(listed.map((parameter) => [parameter.url, parameter]));
  const table: Record<string, Record<string, Row>> = {};
  for (const parameter of listed) {
    const { code, base, type, expression } = parameter;
    if (expression === undefined || !indexed.has(type)) continue;
    for (const one of base) {
      const expressions = ownParts(expression, one);
      const targets = targetsOf(parameter, expressions);
      const components = partsOf(parameter)?.map((part) => componentOf(part, byUrl));
      table[one] ??= {};
      table[one][code] = {
        type,
        expressions: expressions.map(withoutResolve),
        ...(targets === undefined ? {} : { targets }),
        ...(components === undefined ? {} : { components }),
      };
    }
  }
  return table;
}

/** As published, DocumentReference's `relationship` names its two parameters the wrong way round. */
function partsOf({ code, component }: Parameter): Parameter['component'] {
  const [first, second] = component ?? [];
  if (code !== 'relationship' || first === undefined || second === undefined) return component;
  return [
    { definition: second.definition, expression: first.expression },
    { definition: first.definition, expression: second.expression },
  ];
}

function componentOf(
  { definition, expression }: { definition: string; expression: string },
  byUrl: ReadonlyMap<string, Parameter>,
): Component {
  const of = byUrl.get(definition);
  if (of === undefined) throw new Error(`A composite names ${definition}, which is not published.`);
  // As published, one part asks for a type that does not exist.
  return { p: of.code, type: of.type, expression: expression.replace('ofType(DateTime)', 'ofType(dateTime)') };
}

function targetsOf({ type, target }: Parameter, expressions: readonly string[]): readonly string[] | undefined {
  if (type !== 'reference') return undefined;
  const asked = typeAskedFor(expressions);
  if (asked !== undefined) return [asked];
  return target === undefined || target.length > mostTargets ? undefined : [...target].sort();
}

/** An expression of several types is a union; each type keeps its own part. */
function ownParts(expression: string, base: string): string[] {
  const parts = splitUnion(expression);
  const own = parts.filter((part) => new RegExp(`^\\(*${base}(\\.|$)`).test(part));
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
