import {
  getDataType,
  type InternalSchemaElement,
  type InternalTypeSchema,
  indexStructureDefinitionBundle,
  isDataTypeLoaded,
} from '@medplum/core';
import structures from '../generated/structures.json' with { type: 'json' };

interface Definition {
  readonly snapshot: { readonly element: readonly { readonly type?: readonly { readonly code: string }[] }[] };
}
const known = structures as unknown as Readonly<Record<string, Definition | undefined>>;

/** An element of a type as a property of JSON: `valueQuantity` is the element `value[x]` with type Quantity. */
export interface Property {
  readonly element: InternalSchemaElement;
  /** Name of the element without `[x]`, as FHIRPath has it. */
  readonly name: string;
  readonly type: string;
  readonly choice: boolean;
}

const loaded = new Set<string>();
const properties = new Map<string, ReadonlyMap<string, Property>>();

/**
 * Makes a type's definition known to @medplum/core, with every type that it is made of. Indexing all types takes a
 * tenth of a second, those of one resource a fraction of it, so each is indexed when the first of its kind comes in.
 */
export function loadDefinition(type: string): void {
  const definition = Object.hasOwn(known, type) ? known[type] : undefined;
  // The library brings a few types of its own, without bindings and invariants: these take their place.
  if (definition === undefined || loaded.has(type)) return;
  loaded.add(type);
  indexStructureDefinitionBundle([definition as never]);
  for (const element of definition.snapshot.element) for (const { code } of element.type ?? []) loadDefinition(code);
}

/** The properties that an object of a type may have. @param type a FHIR type, or a nested one such as `PatientContact` */
export function propertiesOf(type: string): ReadonlyMap<string, Property> {
  let found = properties.get(type);
  if (found === undefined) {
    found = new Map(isDataTypeLoaded(type) ? propertiesIn(getDataType(type)) : []);
    properties.set(type, found);
  }
  return found;
}

function* propertiesIn({ elements, kind }: InternalTypeSchema): Generator<[string, Property]> {
  for (const [key, element] of Object.entries(elements)) {
    const choice = key.endsWith('[x]');
    const name = choice ? key.slice(0, -3) : key;
    for (const { code } of element.type)
      yield [
        choice ? `${name}${code.charAt(0).toUpperCase()}${code.slice(1)}` : name,
        // The definitions call the id of a resource a string; FHIR's type for it is id.
        { element, name, type: key === 'id' && kind === 'resource' ? 'id' : code, choice },
      ];
  }
}

/** Primitive types begin with a small letter (http://hl7.org/fhir/R4/datatypes.html#primitive). */
export const isPrimitive = (type: string): boolean => /^[a-z]/.test(type);
