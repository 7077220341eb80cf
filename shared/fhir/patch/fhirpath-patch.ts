import { WardlineError } from '../../errors.ts';
import type { FhirResource } from '../resource.ts';
import { type Place, placesOf, propertyFor } from './places.ts';
import { type Operation, readOperations } from './read-operations.ts';

/**
 * Applies a FHIRPath Patch (http://hl7.org/fhir/R4/fhirpatch.html) to a copy of a resource, all of it or nothing.
 * @throws WardlineError `invalid-body` for what is no such patch, `business-rule` for one that does not apply; both name
 * the operation
 */
export function fhirpathPatch(resource: FhirResource, parameters: FhirResource): FhirResource {
  const copy = structuredClone(resource);
  for (const operation of readOperations(parameters)) apply(copy, operation);
  return copy;
}

function apply(resource: FhirResource, operation: Operation): void {
  const { at, type, path } = operation;
  const refuse = (why: string): WardlineError => new WardlineError('business-rule', why, { expression: at });
  const places = placesOf(resource, path, at);
  switch (type) {
    case 'add': {
      const [place] = places;
      if (place === undefined || places.length > 1) throw refuse('add takes a path to exactly one element.');
      return add(place, operation, refuse);
    }
    case 'insert':
    case 'move': {
      const list = listOf(places);
      if (list === undefined) throw refuse(`${type} takes a path to the elements of one list.`);
      return type === 'insert' ? insert(list, operation, refuse) : move(list, operation, refuse);
    }
    case 'delete':
      if (places.length > 1) throw refuse('delete takes a path to one element at most.');
      return remove(places[0]);
    case 'replace': {
      const [place] = places;
      if (place?.parent === undefined || places.length > 1)
        throw refuse('replace takes a path to exactly one element.');
      return replace(place, operation);
    }
  }
}

type Refuse = (why: string) => WardlineError;

function add(place: Place, { name, value }: Operation, refuse: Refuse): void {
  const { data } = place;
  if (typeof data !== 'object' || data === null) throw refuse('A primitive element has no elements of its own.');
  const { property, repeats, others } = propertyFor(place, name ?? '', value?.type);
  const before = Reflect.get(data, property);
  if (repeats) Reflect.set(data, property, [...(Array.isArray(before) ? before : []), value?.content]);
  else if (before !== undefined || others.some((other) => Object.hasOwn(data, other)))
    throw refuse('The element is there already and does not repeat: replace it.');
  else Reflect.set(data, property, value?.content);
}

function insert(list: unknown[], { index = 0, value }: Operation, refuse: Refuse): void {
  if (index > list.length) throw refuse('The index lies beyond the end of the list.');
  list.splice(index, 0, value?.content);
}

function move(list: unknown[], { source = 0, destination = 0 }: Operation, refuse: Refuse): void {
  if (source >= list.length || destination >= list.length) throw refuse('source and destination lie within the list.');
  list.splice(destination, 0, ...list.splice(source, 1));
}

/** What is not there is as it should be. An emptied list or element goes with it, FHIR knows none. */
function remove(place: Place | undefined): void {
  if (place?.parent === undefined) return;
  const { parent, property, index } = place;
  const value: unknown = Reflect.get(parent, property);
  if (Array.isArray(value) && index !== undefined) value.splice(index, 1);
  if (!Array.isArray(value) || value.length === 0) {
    Reflect.deleteProperty(parent, property);
    Reflect.deleteProperty(parent, `_${property}`);
  }
  if (Object.keys(parent).length === 0) remove(place.owner);
}

function replace(place: Place, { value }: Operation): void {
  const { parent, property, index } = place;
  if (parent === undefined) return;
  const list: unknown = Reflect.get(parent, property);
  if (Array.isArray(list)) {
    list[index ?? 0] = value?.content;
    return;
  }
  const { property: wanted } =
    place.owner === undefined ? { property } : propertyFor(place.owner, place.name, value?.type);
  if (wanted !== property) Reflect.deleteProperty(parent, property);
  Reflect.deleteProperty(parent, `_${property}`);
  Reflect.set(parent, wanted, value?.content);
}

/** The one list that all places are items of. */
function listOf(places: readonly Place[]): unknown[] | undefined {
  const lists = new Set(
    places.map(({ parent, property }) => (parent === undefined ? undefined : Reflect.get(parent, property))),
  );
  const [only] = lists;
  return lists.size === 1 && Array.isArray(only) ? only : undefined;
}
