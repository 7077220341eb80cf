import type { Json } from './json.ts';

const pick = (from: Json, ...names: string[]): Json =>
  Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]));

/** Invariants that hold for every element and that the code checks in its own, cheaper way. */
const checkedElsewhere = new Set(['ele-1', 'txt-1', 'txt-2', 'dom-3']);

/** A StructureDefinition with no more than @medplum/core's validator reads. */
export function trimStructure(structure: Json): Json {
  const { element } = structure['snapshot'] as { element: Json[] };
  return {
    ...pick(structure, 'resourceType', 'url', 'name', 'kind', 'abstract', 'type', 'derivation'),
    snapshot: { element: element.map(trimElement) },
  };
}

function trimElement(element: Json): Json {
  const { type, binding, constraint } = element as { type?: Json[]; binding?: Json; constraint?: Json[] };
  const constraints = (constraint ?? []).filter(
    ({ severity, key }) => severity === 'error' && !checkedElsewhere.has(String(key)),
  );
  const namesItsType = type === undefined || type.some(({ code }) => code === 'BackboneElement' || code === 'Element');
  return {
    ...pick(element, 'id', 'path', 'min', 'max', 'contentReference'),
    // The name of a nested type, and whether an element repeats, come from where it was defined first.
    ...(namesItsType ? pick(element, 'base') : {}),
    ...(type === undefined
      ? {}
      : { type: type.map((one) => pick(one, 'code', 'targetProfile', 'profile', 'extension')) }),
    ...(binding?.['strength'] === 'required' ? { binding: pick(binding, 'strength', 'valueSet') } : {}),
    ...(constraints.length === 0
      ? {}
      : { constraint: constraints.map((one) => pick(one, 'key', 'severity', 'expression', 'human')) }),
  };
}
