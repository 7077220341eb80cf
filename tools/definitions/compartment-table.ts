import type { Json } from './json.ts';

/**
 * Of each type the parameters by which its resources are in a patient's compartment
 * (http://hl7.org/fhir/R4/compartmentdefinition-patient.html).
 */
export const compartmentTable = (definition: Json): Record<string, readonly string[]> =>
  Object.fromEntries(
    (definition['resource'] as { code: string; param?: string[] }[]).flatMap(({ code, param }) =>
      param === undefined ? [] : [[code, param.filter((name) => !name.startsWith('{'))]],
    ),
  );
