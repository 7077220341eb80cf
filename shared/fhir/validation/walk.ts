import type { InternalSchemaElement } from '@medplum/core';
import { isResource } from '../resource.ts';
import { isPrimitive, type Property, propertiesOf } from './definitions.ts';

/** A place in a resource: a value with its type. */
export interface Place {
  /** FHIRPath. */
  readonly path: string;
  /** FHIR type, or the name of a nested one such as `PatientContact`. */
  readonly type: string;
  readonly element: InternalSchemaElement;
  readonly value: unknown;
  /** Id and extensions of a primitive (the property with `_`). */
  readonly companion: unknown;
}

/** What looks at a resource. */
export interface Visitor {
  value(place: Place): void;
  /** A property that the type has, as it stands in the JSON. */
  property(path: string, property: Property, name: string, value: unknown): void;
  /** An object, complete. @param present the choice elements that it has, with their properties */
  object(path: string, type: string, choices: ReadonlyMap<string, readonly string[]>): void;
}

/** Goes through everything in a resource that its type knows; what the type does not know is left to others. */
export function walk(object: object, type: string, path: string, visitor: Visitor): void {
  const known = propertiesOf(type);
  const choices = new Map<string, string[]>();
  for (const [name, value] of Object.entries(object)) {
    const plain = name.startsWith('_') ? name.slice(1) : name;
    const property = known.get(plain);
    if (property === undefined) continue;
    const at = `${path}.${property.name}`;
    visitor.property(at, property, name, value);
    if (property.choice) {
      const present = choices.get(property.name) ?? [];
      if (!present.includes(plain)) choices.set(property.name, [...present, plain]);
    }
    if (name !== plain) {
      walkCompanion(value, at, visitor);
      continue;
    }
    const companion = Reflect.get(object, `_${name}`);
    if (Array.isArray(value))
      for (const [index, item] of value.entries())
        walkValue(item, property, `${at}[${index}]`, Array.isArray(companion) ? companion[index] : undefined, visitor);
    else walkValue(value, property, at, companion, visitor);
  }
  visitor.object(path, type, choices);
}

function walkValue(
  value: unknown,
  { element, type }: Property,
  path: string,
  companion: unknown,
  visitor: Visitor,
): void {
  const actual = type === 'Resource' && isResource(value) ? value.resourceType : type;
  visitor.value({ path, type: actual, element, value, companion });
  if (!isPrimitive(actual) && typeof value === 'object' && value !== null) walk(value, actual, path, visitor);
}

/** Beside a primitive may stand its id and extensions. */
function walkCompanion(value: unknown, path: string, visitor: Visitor): void {
  for (const item of Array.isArray(value) ? value : [value])
    if (typeof item === 'object' && item !== null) walk(item, 'Element', path, visitor);
}
