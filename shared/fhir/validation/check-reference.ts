import type { InternalSchemaElement } from '@medplum/core';
import types from '../generated/resource-types.json' with { type: 'json' };

const known: ReadonlySet<string> = new Set(types);
const definitions = 'http://hl7.org/fhir/StructureDefinition/';

/**
 * What a literal reference should point to, if it points to another type. Only what the resource itself says counts.
 * @param contained types of contained resources by `#id`
 */
export function checkReferenceTarget(
  element: InternalSchemaElement,
  value: object,
  contained: ReadonlyMap<string, string>,
): string | undefined {
  const allowed = element.type
    .filter(({ code }) => code === 'Reference')
    .flatMap(({ targetProfile = [] }) => targetProfile)
    .map((profile) => profile.replace(definitions, ''));
  if (allowed.length === 0 || allowed.includes('Resource')) return undefined;
  const reference: unknown = Reflect.get(value, 'reference');
  const named = [
    typeOfReference(reference),
    typeof reference === 'string' ? contained.get(reference) : undefined,
    typeNamed(Reflect.get(value, 'type')),
  ];
  return named.every((type) => type === undefined || allowed.includes(type))
    ? undefined
    : `a reference to ${allowed.join(' or ')}`;
}

/** The type in `Type/id`, relative or absolute; undefined for `urn:`, `#id` and what is no FHIR address. */
export function typeOfReference(reference: unknown): string | undefined {
  if (typeof reference !== 'string' || /^(urn:|#)/.test(reference)) return undefined;
  const type = /(?:^|\/)([A-Za-z]+)\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/.exec(reference)?.[1];
  return type !== undefined && known.has(type) ? type : undefined;
}

const typeNamed = (type: unknown): string | undefined =>
  typeof type === 'string' && known.has(type.replace(definitions, '')) ? type.replace(definitions, '') : undefined;
