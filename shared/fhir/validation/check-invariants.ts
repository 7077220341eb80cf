import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import type { FhirResource } from '../resource.ts';

type Evaluate = (resource: FhirResource, environment: { resource: FhirResource }) => unknown[];
interface Invariant {
  readonly key: string;
  readonly expression: string;
  readonly asks: string;
}

/** Invariants of resources that @medplum/core's own FHIRPath passes over. */
const invariants: Readonly<Record<string, readonly Invariant[]>> = {
  Observation: [
    {
      key: 'obs-7',
      expression: 'value.empty() or component.code.where(coding.intersect(%resource.code.coding).exists()).empty()',
      asks: 'A component with the code of the Observation itself excludes a value of the Observation',
    },
  ],
  Organization: [
    {
      key: 'org-1',
      expression: '(identifier.count() + name.count()) > 0',
      asks: 'An Organization needs a name or an identifier',
    },
  ],
  Questionnaire: [
    {
      key: 'que-2',
      expression: 'descendants().linkId.isDistinct()',
      asks: 'Every linkId of a Questionnaire is its own',
    },
  ],
};
const compiled = new Map<string, Evaluate>();

/** Which invariants of its type a resource does not meet. */
export function checkInvariants(resource: FhirResource): string[] {
  return (invariants[resource.resourceType] ?? [])
    .filter(({ key, expression }) => {
      const evaluate = compiled.get(key) ?? (fhirpath.compile(expression, r4) as unknown as Evaluate);
      compiled.set(key, evaluate);
      return evaluate(resource, { resource })[0] === false;
    })
    .map(({ key, asks }) => `${asks} (${key}).`);
}
