import type { Problem } from '../../errors.ts';
import { type FhirResource, isResource } from '../resource.ts';
import { checkBinding } from './check-binding.ts';
import { checkDatatype } from './check-datatype.ts';
import { checkNarrative } from './check-narrative.ts';
import { checkPrimitive } from './check-primitive.ts';
import { checkReferenceTarget } from './check-reference.ts';
import { isPrimitive, type Property, propertiesOf } from './definitions.ts';
import { problem } from './problem.ts';
import { type Place, walk } from './walk.ts';

/** What the values of a resource say that @medplum/core does not check; one walk for all rules. */
export function checkElements(resource: FhirResource): Problem[] {
  const problems: Problem[] = [];
  const contained = containedTypes(resource);
  walk(resource, resource.resourceType, resource.resourceType, {
    property(path, property, name, value) {
      const what = shapeOf(property, name, value);
      if (what !== undefined) problems.push(problem(path, `This element takes ${what}.`));
    },
    object(path, _type, choices) {
      for (const [name, present] of choices)
        if (present.length > 1) problems.push(problem(`${path}.${name}`, `Only one ${name}[x] is allowed.`));
    },
    value(place) {
      for (const what of demandsOn(place, contained)) problems.push(problem(place.path, `This element ${what}.`));
    },
  });
  return problems;
}

const containedTypes = (resource: FhirResource): ReadonlyMap<string, string> =>
  new Map(
    (Array.isArray(resource['contained']) ? resource['contained'] : [])
      .filter(isResource)
      .map(({ id, resourceType }) => [`#${id}`, resourceType]),
  );

/** `_name` belongs to primitives, and is an array exactly where they are. */
function shapeOf({ element, type }: Property, name: string, value: unknown): string | undefined {
  if (!name.startsWith('_')) return undefined;
  if (!isPrimitive(type)) return 'no property with "_" beside it, since it is no primitive';
  if (typeof value !== 'object' || Array.isArray(value) !== (element.isArray === true))
    return `${element.isArray === true ? 'an array' : 'an object'} as ${name}`;
  const companions: unknown[] = Array.isArray(value) ? value : [value];
  return companions.every(
    (one) => one === null || Object.keys(Object(one)).every((key) => /^(id|extension)$/.test(key)),
  )
    ? undefined
    : `only id and extension in ${name}`;
}

function* demandsOn({ type, element, value }: Place, contained: ReadonlyMap<string, string>): Generator<string> {
  if (type === 'xhtml') {
    const wrong = typeof value === 'string' ? checkNarrative(value) : undefined;
    if (wrong !== undefined) yield `takes ${wrong}`;
    return;
  }
  if (typeof value === 'object' && value !== null ? isPrimitive(type) || Array.isArray(value) : !isPrimitive(type)) {
    // null is told by the rule of emptiness.
    if (value !== null) yield isPrimitive(type) ? 'takes a single value' : 'takes an object';
    return;
  }
  const code = checkBinding(element, type, value);
  if (code !== undefined) yield `takes ${code}`;
  if (isPrimitive(type)) {
    const format = checkPrimitive(type, value);
    if (format !== undefined) yield `takes ${format}`;
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if ('resourceType' in value && isNoResource(element, type)) yield 'takes no resource';
  const target = type === 'Reference' ? checkReferenceTarget(element, value, contained) : undefined;
  if (target !== undefined) yield `takes ${target}`;
  for (const what of checkDatatype(type, value)) yield `needs ${what}`;
  if ('comparator' in value && isSimpleQuantity(element)) yield 'takes a quantity without comparator (sqty-1)';
}

const isNoResource = (element: Place['element'], type: string): boolean =>
  !element.type.some(({ code }) => code === 'Resource') && !propertiesOf(type).has('resourceType');

const isSimpleQuantity = (element: Place['element']): boolean =>
  element.type.some(
    ({ code, profile = [] }) =>
      code === 'Quantity' && profile.includes('http://hl7.org/fhir/StructureDefinition/SimpleQuantity'),
  );
