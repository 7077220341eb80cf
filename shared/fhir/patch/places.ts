import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import { WardlineError } from '../../errors.ts';
import type { FhirResource } from '../resource.ts';

/** What fhirpath.js tells of an element that a path found. */
interface ResourceNode {
  readonly data: unknown;
  /** `Patient`, `Patient.contact`, `HumanName`. */
  readonly path: string | null;
  readonly propName?: string | null;
  readonly index?: number | null;
  readonly parentResNode?: ResourceNode | null;
}

/** Where an element stands. */
export interface Place {
  readonly data: unknown;
  readonly path: string;
  /** The object that holds it; undefined: it is the resource itself. */
  readonly parent: object | undefined;
  /** As the definition names it: `value`. */
  readonly name: string;
  /** As it stands there: `valueQuantity`. */
  readonly property: string;
  readonly index: number | undefined;
  readonly owner: Place | undefined;
}

/** The parts of the R4 model that tell of elements; the library's types leave them open. */
interface Model {
  readonly choiceTypePaths: Readonly<Record<string, readonly string[] | undefined>>;
  readonly path2Repeating: Readonly<Record<string, unknown>>;
  readonly path2Type: Readonly<Record<string, string | undefined>>;
  readonly pathsDefinedElsewhere: Readonly<Record<string, string | undefined>>;
}
const model = r4 as unknown as Model;

/** `div` is an operator of FHIRPath and an element of FHIR (Narrative.div); there it must be quoted. */
const quoted = (path: string): string => path.replace(/\.div$/, '.`div`');

/** Every element that a path finds. @throws WardlineError `invalid-body` for what is no FHIRPath */
export function placesOf(resource: FhirResource, path: string, at: string): Place[] {
  let found: unknown;
  try {
    found = (fhirpath.compile(quoted(path), r4, { resolveInternalTypes: false }) as (of: unknown) => unknown)(resource);
  } catch (cause) {
    throw new WardlineError('invalid-body', 'The path is no FHIRPath that can be followed here.', {
      expression: at,
      cause,
    });
  }
  return (Array.isArray(found) ? found : []).map((node) => {
    if (typeof node !== 'object' || node === null || !('parentResNode' in node))
      throw new WardlineError('invalid-body', 'The path computes a value instead of naming an element.', {
        expression: at,
      });
    return placeOf(node as unknown as ResourceNode);
  });
}

function placeOf(node: ResourceNode): Place {
  const { data, path, propName, index, parentResNode } = node;
  const owner = parentResNode ? placeOf(parentResNode) : undefined;
  const parent = typeof owner?.data === 'object' && owner.data !== null ? owner.data : undefined;
  const name = propName ?? '';
  return {
    data,
    path: path ?? '',
    parent: owner === undefined ? undefined : parent,
    name,
    property: parent === undefined ? name : propertyHolding(parent, name, data),
    index: index ?? undefined,
    owner,
  };
}

/** `value` may stand as `valueQuantity`. */
const propertyHolding = (parent: object, name: string, data: unknown): string =>
  Object.hasOwn(parent, name)
    ? name
    : (Object.entries(parent).find(([key, value]) => key.startsWith(name) && value === data)?.[0] ?? name);

/**
 * Under which property a value of a type stands in an element, whether it repeats, and which other properties would be
 * the same element of another type.
 */
export function propertyFor(
  place: Place,
  name: string,
  type: string | undefined,
): { property: string; repeats: boolean; others: string[] } {
  const own = `${place.path}.${name}`;
  const full = model.pathsDefinedElsewhere[own] ?? own;
  const choices = model.choiceTypePaths[full] ?? [];
  const capital = (one: string): string => `${name}${one.charAt(0).toUpperCase()}${one.slice(1)}`;
  return {
    property: choices.length > 0 && type !== undefined ? capital(type) : name,
    repeats: Object.hasOwn(model.path2Repeating, full),
    others: choices.map(capital),
  };
}
