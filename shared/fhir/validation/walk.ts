import types from '../generated/resource-types.json' with { type: 'json' };
import { type FhirResource, isResource } from '../resource.ts';
import { definitionOf, isPrimitive, type Property, type TypeDefinition } from './definitions.ts';

const resourceTypes: ReadonlySet<string> = new Set(types);

/** The resources that a place stands in. */
export interface Scope {
  /** The nearest, which may be contained. */
  readonly resource: FhirResource;
  /** The one that may contain others: `%rootResource` of FHIRPath. */
  readonly container: FhirResource;
}

/** A value in a resource. */
export interface Place {
  /** FHIRPath. */
  readonly path: string;
  readonly property: Property;
  readonly value: unknown;
  /** Id and extensions of a primitive (the property with `_`). */
  readonly companion: unknown;
  readonly scope: Scope;
}

/** An object in a resource, with the type that it should be of. */
export interface ObjectPlace {
  readonly path: string;
  readonly type: TypeDefinition;
  readonly value: object;
  /** The element that it stands in; undefined: it is a resource. */
  readonly property: Property | undefined;
  /** The properties that it has of each choice, where there are any. */
  readonly choices: ReadonlyMap<string, readonly string[]>;
  readonly scope: Scope;
}

/** What looks at a resource. */
export interface Visitor {
  object(place: ObjectPlace): void;
  value(place: Place): void;
  /** A property that the type has, as it stands in the JSON. */
  property(path: string, property: Property, name: string, value: unknown): void;
  /** A property that the type does not have. */
  stranger(path: string): void;
  /** Something that is no resource of a known type where one belongs. */
  noResource(path: string): void;
}

const none: ReadonlyMap<string, readonly string[]> = new Map();

/** Goes through everything in a resource by its type. */
export function walk(resource: FhirResource, visitor: Visitor): void {
  walkObject(resource, definitionOf(resource.resourceType), undefined, resource.resourceType, visitor, {
    resource,
    container: resource,
  });
}

function walkObject(
  object: object,
  type: TypeDefinition,
  property: Property | undefined,
  path: string,
  visitor: Visitor,
  scope: Scope,
): void {
  let choices: Map<string, string[]> | undefined;
  for (const [name, value] of Object.entries(object)) {
    const plain = name.startsWith('_') ? name.slice(1) : name;
    const own = type.properties.get(plain);
    if (own === undefined) {
      if (name !== 'resourceType' || property !== undefined) visitor.stranger(`${path}.${name}`);
      continue;
    }
    const at = `${path}.${own.name}`;
    visitor.property(at, own, name, value);
    if (own.element.choice) {
      choices ??= new Map();
      const present = choices.get(own.name) ?? [];
      if (!present.includes(plain)) choices.set(own.name, [...present, plain]);
    }
    if (name === plain) walkProperty(value, Reflect.get(object, `_${name}`), own, at, visitor, scope);
    else walkCompanion(value, own, at, visitor, scope);
  }
  visitor.object({ path, type, value: object, property, choices: choices ?? none, scope });
}

function walkProperty(
  value: unknown,
  companion: unknown,
  property: Property,
  path: string,
  visitor: Visitor,
  scope: Scope,
): void {
  if (!Array.isArray(value)) {
    walkValue({ path, property, value, companion, scope }, visitor);
    return;
  }
  const companions: unknown[] = Array.isArray(companion) ? companion : [];
  for (const [index, item] of value.entries())
    walkValue({ path: `${path}[${index}]`, property, value: item, companion: companions[index], scope }, visitor);
}

function walkValue(place: Place, visitor: Visitor): void {
  const { property, path, value, scope } = place;
  if (property.type === 'Resource') {
    walkInner(place, visitor);
    return;
  }
  visitor.value(place);
  if (!isPrimitive(property.type) && typeof value === 'object' && value !== null && !Array.isArray(value))
    walkObject(value, definitionOf(property.type), property, path, visitor, scope);
}

/** A resource in a resource: contained, an entry of a Bundle, a parameter. */
function walkInner({ property, path, value, scope }: Place, visitor: Visitor): void {
  if (!isResource(value) || !resourceTypes.has(value.resourceType)) {
    visitor.noResource(`${path}.resourceType`);
    return;
  }
  const container = property.name === 'contained' ? scope.container : value;
  walkObject(value, definitionOf(value.resourceType), undefined, path, visitor, { resource: value, container });
}

/** Beside a primitive may stand its id and extensions. */
function walkCompanion(value: unknown, property: Property, path: string, visitor: Visitor, scope: Scope): void {
  const element = definitionOf('Element');
  for (const [index, item] of (Array.isArray(value) ? value : [value]).entries())
    if (typeof item === 'object' && item !== null)
      walkObject(item, element, property, Array.isArray(value) ? `${path}[${index}]` : path, visitor, scope);
}
