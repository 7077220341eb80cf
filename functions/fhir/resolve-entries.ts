import { WardlineError } from '../../shared/errors.ts';
import {
  type BundleEntry,
  conditionalReferencesIn,
  type FhirResource,
  resourceTypes,
  rewriteReferences,
} from '../../shared/fhir/index.ts';
import type { AuthorisedRequest } from '../../shared/http.ts';
import { criteriaOf, onlyMatch } from './conditional.ts';
import { patched } from './patch.ts';
import type { Scope } from './scope.ts';
import type { WriteUse } from './write.ts';

const types = new Set(resourceTypes);

/** An entry of a transaction with every search that it depends on answered. */
export interface Resolved {
  readonly entry: BundleEntry;
  /** `nothing`: what it asks for is there already, or there is nothing to delete. */
  readonly kind: 'create' | 'update' | 'delete' | 'nothing';
  /** Of what is changed, or is there already; a create gets its id later. */
  readonly id?: string;
  readonly resource?: FhirResource;
  /** The version that the search found. */
  readonly ifMatch?: string;
  /** Claimed by a create, so that of several with the same only one is carried out. */
  readonly criteria?: string;
}

/**
 * Answers the conditions of a transaction's entries and its references that are searches.
 * @param claimed ids of what others created meanwhile, by `Type?criteria`
 * @throws WardlineError naming the entry
 */
export async function resolveEntries(
  use: WriteUse,
  request: AuthorisedRequest,
  scope: Scope,
  entries: readonly BundleEntry[],
  claimed: ReadonlyMap<string, string>,
): Promise<Resolved[]> {
  const references = await resolveReferences(use, request, scope, entries);
  const resolved: Resolved[] = [];
  for (const entry of entries) {
    const resource = entry.resource === undefined ? undefined : rewriteReferences(entry.resource, references);
    const own = { ...entry, resource };
    resolved.push(await named(`Bundle.entry[${entry.index}]`, () => resolveEntry(use, request, scope, own, claimed)));
  }
  return resolved;
}

async function resolveEntry(
  use: WriteUse,
  request: AuthorisedRequest,
  scope: Scope,
  entry: BundleEntry,
  claimed: ReadonlyMap<string, string>,
): Promise<Resolved> {
  const { type, id, method, resource, conditions } = entry;
  const carried = resource === undefined ? {} : { resource };
  if (method === 'POST' && conditions.ifNoneExist === undefined) return { entry, kind: 'create', ...carried };
  if (method !== 'POST' && id !== undefined) {
    if (method === 'DELETE') return { entry, kind: 'delete', id };
    if (method === 'PUT') return { entry, kind: 'update', id, ...carried };
    return patchedEntry(use, request, scope, entry, id);
  }
  const criteria = criteriaOf(conditions.ifNoneExist ?? entry.criteria ?? '');
  const match = await onlyMatch(use, request, scope, type, criteria);
  const found = match === undefined ? claimed.get(`${type}?${criteria}`) : String(match.resource.id);
  const version = match === undefined ? {} : { ifMatch: match.versionId };
  if (method === 'POST')
    return found === undefined
      ? { entry, kind: 'create', criteria: String(criteria), ...carried }
      : { entry, kind: 'nothing', id: found };
  if (method === 'DELETE')
    return found === undefined ? { entry, kind: 'nothing' } : { entry, kind: 'delete', id: found, ...version };
  if (method === 'PUT') {
    if (found !== undefined) {
      if (resource?.id !== undefined && resource.id !== found)
        throw new WardlineError('invalid-body', 'The criteria find a resource with another id.', {
          expression: 'resource.id',
        });
      return { entry, kind: 'update', id: found, ...carried, ...version };
    }
    if (resource?.id !== undefined) return { entry, kind: 'update', id: resource.id, ...carried };
    return { entry, kind: 'create', criteria: String(criteria), ...carried };
  }
  if (found === undefined)
    throw new WardlineError('not-found', 'No resource is as the criteria ask.', { expression: 'request.url' });
  return patchedEntry(use, request, scope, entry, found);
}

async function patchedEntry(
  { records, validateResource }: WriteUse,
  { call }: AuthorisedRequest,
  { trust }: Scope,
  entry: BundleEntry,
  id: string,
): Promise<Resolved> {
  const { found } = await records.read(call, trust, { type: entry.type, id });
  const resource = await patched(validateResource, found.resource, entry.patch);
  return { entry, kind: 'update', id, resource, ifMatch: found.versionId };
}

/** Each search once, however often it is referred by. */
async function resolveReferences(
  use: WriteUse,
  request: AuthorisedRequest,
  scope: Scope,
  entries: readonly BundleEntry[],
): Promise<ReadonlyMap<string, string>> {
  const references = new Map<string, string>();
  for (const { resource, index } of entries)
    for (const reference of conditionalReferencesIn(resource)) {
      if (references.has(reference)) continue;
      const type = reference.split('?')[0] ?? '';
      const at = `Bundle.entry[${index}].resource`;
      if (!types.has(type))
        throw new WardlineError('invalid-body', 'A reference that is a search names no FHIR R4 type.', {
          expression: at,
        });
      const match = await named(at, () => onlyMatch(use, request, scope, type, criteriaOf(reference)));
      if (match === undefined)
        throw new WardlineError('business-rule', `A reference that is a search finds no ${type}.`, { expression: at });
      references.set(reference, `${type}/${match.resource.id}`);
    }
  return references;
}

/** Errors say which entry they are about. */
async function named<T>(at: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof WardlineError)) throw error;
    const problems = error.problems.map((one) => ({ ...one, expression: at }));
    const retry = error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter };
    throw new WardlineError(error.code, error.message, { problems, cause: error, ...retry });
  }
}
