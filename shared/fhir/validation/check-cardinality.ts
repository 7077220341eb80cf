import type { Problem } from '../../errors.ts';
import { hasProperty } from './definitions.ts';
import { problem } from './problem.ts';
import type { ObjectPlace } from './walk.ts';

/** Elements that are missing, and choices made twice (http://hl7.org/fhir/R4/formats.html#choice). */
export function* checkCardinality({ path, type, value, choices }: ObjectPlace): Generator<Problem> {
  for (const { name, properties } of type.required)
    if (!properties.some((property) => hasProperty(value, property)))
      yield problem(`${path}.${name}`, `A ${type.name} needs this element.`);
  for (const [name, present] of choices)
    if (present.length > 1) yield problem(`${path}.${name}`, `Only one ${name}[x] is allowed.`);
}
