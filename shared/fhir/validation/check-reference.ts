import types from '../generated/resource-types.json' with { type: 'json' };
import { type FhirResource, isResource } from '../resource.ts';

const known: ReadonlySet<string> = new Set(types);
const definitions = 'http://hl7.org/fhir/StructureDefinition/';

/**
 * What a literal reference should point to, if it points to another type. Only what the resource itself says counts.
 * @param allowed resource types; undefined: any
 * @param container what `#id` names one of the contained resources of
 */
export function checkReferenceTarget(
  allowed: readonly string[] | undefined,
  value: object,
  container: FhirResource,
): string | undefined {
  if (allowed === undefined) return undefined;
  const reference: unknown = Reflect.get(value, 'reference');
  const named = [
    typeOfReference(reference),
    typeof reference === 'string' && reference.startsWith('#') ? typeOfContained(reference, container) : undefined,
    typeNamed(Reflect.get(value, 'type')),
  ];
  return named.every((type) => type === undefined || allowed.includes(type))
    ? undefined
    : `a reference to ${allowed.join(' or ')}`;
}

/** Whether a reference names a contained resource that is not there (ref-1). */
export function isDangling(value: object, container: FhirResource): boolean {
  const reference: unknown = Reflect.get(value, 'reference');
  return (
    typeof reference === 'string' &&
    reference.startsWith('#') &&
    reference !== '#' &&
    reference !== `#${container.id}` &&
    typeOfContained(reference, container) === undefined
  );
}

/** The type in `Type/id`, relative or absolute; undefined for `urn:`, `#id` and what is no FHIR address. */
function typeOfReference(reference: unknown): string | undefined {
  if (typeof reference !== 'string' || /^(urn:|#)/.test(reference)) return undefined;
  const type = /(?:^|\/)([A-Za-z]+)\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/.exec(reference)?.[1];
  return type !== undefined && known.has(type) ? type : undefined;
}

function typeOfContained(reference: string, { contained }: FhirResource): string | undefined {
  if (!Array.isArray(contained)) return undefined;
  return contained.filter(isResource).find(({ id }) => `#${id}` === reference)?.resourceType;
}

const typeNamed = (type: unknown): string | undefined =>
  typeof type === 'string' && known.has(type.replace(definitions, '')) ? type.replace(definitions, '') : undefined;
