import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import type { InvariantRow } from './definition-rows.ts';
import type { Scope } from './walk.ts';

type Evaluate = (value: unknown, environment: Record<string, unknown>) => unknown[];

const compiled = new WeakMap<InvariantRow, Evaluate>();

/**
 * Which invariants an element does not meet. One without a result is met, since most speak of elements that may be absent.
 * @param base type or element path that names in the expression are relative to
 */
export function checkInvariants(
  invariants: readonly InvariantRow[],
  base: string,
  value: unknown,
  { resource, container }: Scope,
): string[] {
  return invariants
    .filter((invariant) => !isIdle(invariant, value))
    .filter((invariant) => {
      let evaluate = compiled.get(invariant);
      if (evaluate === undefined) {
        evaluate = fhirpath.compile({ base, expression: invariant.expression }, r4) as unknown as Evaluate;
        compiled.set(invariant, evaluate);
      }
      try {
        return evaluate(value, { resource, rootResource: container })[0] === false;
      } catch {
        // It asks for one value where there are several, or for another type: the rules of structure tell that.
        return false;
      }
    })
    .map(({ human, key }) => `${human.replace(/\.$/, '')} (${key}).`);
}

/** Whether the element is absent without which the invariant holds; a choice is there by a longer name. */
const isIdle = ({ when }: InvariantRow, value: unknown): boolean =>
  when !== undefined &&
  typeof value === 'object' &&
  value !== null &&
  !Object.keys(value).some((name) => name.startsWith(when) || name.startsWith(when, 1));
