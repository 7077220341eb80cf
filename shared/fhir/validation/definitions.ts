import table from '../generated/types.json' with { type: 'json' };
import type { ElementRow, InvariantRow, TypeRow } from './definition-rows.ts';

const rows = table as unknown as Readonly<Record<string, TypeRow | undefined>>;

/** An element of a type as a property of JSON: `valueQuantity` is the element `value[x]` with type Quantity. */
export interface Property {
  readonly element: ElementRow;
  /** Name of the element without `[x]`, as FHIRPath has it. */
  readonly name: string;
  readonly type: string;
  /** The element's path in the definitions, such as `Patient.contact`. */
  readonly at: string;
}

/** An element that must be there, by any of its properties. */
interface Required {
  readonly name: string;
  readonly properties: readonly string[];
}

/** A type with what it inherits. */
export interface TypeDefinition {
  readonly name: string;
  /** Its bases, the nearest first. */
  readonly bases: readonly string[];
  readonly properties: ReadonlyMap<string, Property>;
  readonly required: readonly Required[];
  readonly invariants: readonly InvariantRow[];
}

const definitions = new Map<string, TypeDefinition>();

/**
 * The definition of a type, put together when it is first asked for: of 650 types a resource needs a dozen.
 * @param name a FHIR type, or a nested one such as `Patient.contact`
 */
export function definitionOf(name: string): TypeDefinition {
  const known = definitions.get(name);
  if (known !== undefined) return known;
  const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
  if (row === undefined) throw new Error(`No definition of the type ${name}.`);
  const base = row.base === undefined ? undefined : definitionOf(row.base);
  const definition: TypeDefinition = {
    name,
    bases: base === undefined ? [] : [base.name, ...base.bases],
    properties: new Map([...(base?.properties ?? []), ...propertiesOf(name, row)]),
    required: [...(base?.required ?? []), ...requiredOf(row)],
    invariants: [...(base?.invariants ?? []), ...(row.invariants ?? [])],
  };
  definitions.set(name, definition);
  return definition;
}

function* propertiesOf(owner: string, { elements }: TypeRow): Generator<[string, Property]> {
  for (const [name, element] of Object.entries(elements))
    for (const type of element.types)
      yield [element.choice ? choiceName(name, type) : name, { element, name, type, at: `${owner}.${name}` }];
}

const requiredOf = ({ elements }: TypeRow): Required[] =>
  Object.entries(elements)
    .filter(([, { min = 0 }]) => min > 0)
    .map(([name, { choice, types }]) => ({
      name,
      properties: choice ? types.map((type) => choiceName(name, type)) : [name],
    }));

/** The property of a choice: `value[x]` of type Quantity is `valueQuantity`. */
export const choiceName = (name: string, type: string): string =>
  `${name}${type.charAt(0).toUpperCase()}${type.slice(1)}`;

/** Primitive types begin with a small letter (http://hl7.org/fhir/R4/datatypes.html#primitive). */
export const isPrimitive = (type: string): boolean => {
  const first = type.charCodeAt(0);
  return first >= 97 && first <= 122;
};

/** Whether an object has a property, or the id and extensions of one (http://hl7.org/fhir/R4/json.html#primitive). */
export const hasProperty = (object: object, name: string): boolean =>
  Reflect.get(object, name) !== undefined || Reflect.get(object, `_${name}`) !== undefined;
