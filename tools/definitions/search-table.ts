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
  readonly expression: string;
  readonly target?: string;
}

const supported = new Set(['token', 'reference', 'string', 'date', 'uri', 'number', 'quantity']);

/** Search parameters by type and code (http://hl7.org/fhir/R4/searchparameter-registry.html). */
export function searchTable(parameters: readonly Json[]): Record<string, Record<string, Row>> {
  const table: Record<string, Record<string, Row>> = {};
  for (const { code, base, type, expression, target } of parameters as unknown as Parameter[]) {
    if (expression === undefined || !supported.has(type)) continue;
    for (const one of base) {
      table[one] ??= {};
      const only = target?.length === 1 ? target[0] : onlyTarget(expression, one);
      table[one][code] = {
        type,
        expression: ownPart(expression, one),
        ...(only === undefined ? {} : { target: only }),
      };
    }
  }
  return table;
}

const partsOf = (expression: string): string[] => expression.split('|').map((part) => part.trim());

/** An expression of several types is a union; each type keeps its own part. */
function ownPart(expression: string, base: string): string {
  const own = partsOf(expression).filter((part) => part.replace(/^\(/, '').startsWith(`${base}.`));
  return (own.length > 0 ? own : partsOf(expression)).join(' | ');
}

/** `AllergyIntolerance.patient | Condition.subject.where(resolve() is Patient)`: either way a Patient. */
const onlyTarget = (expression: string, base: string): string | undefined =>
  /where\(resolve\(\) is (\w+)\)$/.exec(ownPart(expression, base))?.[1];
