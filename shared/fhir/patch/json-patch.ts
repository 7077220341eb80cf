import { applyPatch } from 'rfc6902';
import { WardlineError } from '../../errors.ts';
import type { FhirResource } from '../resource.ts';

type Operations = Parameters<typeof applyPatch>[1];

const needs: Readonly<Record<string, readonly string[]>> = {
  add: ['path', 'value'],
  remove: ['path'],
  replace: ['path', 'value'],
  move: ['path', 'from'],
  copy: ['path', 'from'],
  test: ['path', 'value'],
};

/**
 * Applies a JSON Patch (RFC 6902) to a copy of a resource, all of it or nothing.
 * @throws WardlineError `invalid-body` for what is no JSON Patch, `business-rule` for one that does not apply; both name
 * the operation
 */
export function jsonPatch(resource: FhirResource, patch: unknown): FhirResource {
  if (!Array.isArray(patch) || patch.length === 0)
    throw new WardlineError('invalid-body', 'A JSON Patch is a list of operations (RFC 6902).');
  for (const [index, operation] of patch.entries()) checkOperation(operation, index);
  const copy = structuredClone(resource);
  for (const [index, operation] of patch.entries()) {
    // The patch stays the caller's: what is put into the resource is a copy.
    const [failure] = applyPatch(copy, structuredClone([operation]) as Operations);
    if ((failure !== null && failure !== undefined) || hasHoles(copy))
      throw new WardlineError('business-rule', 'The operation does not apply to the resource as it is.', {
        expression: `[${index}]`,
      });
  }
  return copy;
}

/** RFC 6902, 4.1: an item is added at most at the end of a list; the library would leave a gap. */
function hasHoles(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value) && Object.keys(value).length < value.length) return true;
  return Object.values(value).some(hasHoles);
}

function checkOperation(operation: unknown, index: number): void {
  const wrong = (message: string): WardlineError =>
    new WardlineError('invalid-body', message, { expression: `[${index}]` });
  if (typeof operation !== 'object' || operation === null) throw wrong('An operation is an object.');
  const fields = operation as Readonly<Record<string, unknown>>;
  const op = fields['op'];
  const wanted = typeof op === 'string' && Object.hasOwn(needs, op) ? needs[op] : undefined;
  if (wanted === undefined) throw wrong(`An operation is one of ${Object.keys(needs).join(', ')}.`);
  for (const field of wanted) if (fields[field] === undefined) throw wrong(`The operation ${op} needs ${field}.`);
  for (const field of ['path', 'from']) {
    const pointer = fields[field];
    if (pointer === undefined) continue;
    if (typeof pointer !== 'string' || !/^(\/([^~/]|~0|~1)*)*$/.test(pointer))
      throw wrong(`${field} is a JSON Pointer such as /name/0 (RFC 6901).`);
    if (/\/(__proto__|constructor|prototype)(\/|$)/.test(pointer)) throw wrong(`${field} names no element of FHIR.`);
  }
}
