import { hasCode, WardlineError } from '../../shared/errors.ts';
import type { FhirResource } from '../../shared/fhir/index.ts';
import type { AuthorisedRequest, Reply } from '../../shared/http.ts';
import { AlreadyCreated, type Change, type ResourceRef } from '../../shared/records/index.ts';
import { criteriaOf, onlyMatch } from './conditional.ts';
import { disclosed } from './disclosed.ts';
import { boundVersion } from './etag.ts';
import type { FhirApp } from './fhir-app.ts';
import { asPreferred } from './prefer.ts';
import { resourceReply } from './reply.ts';
import { refOf, type Scope, scopeOf, writableTypeOf } from './scope.ts';

export type WriteUse = Pick<FhirApp, 'records' | 'clock' | 'config' | 'validateResource'>;

const facts = {
  create: { subtype: 'create', action: 'C' },
  update: { subtype: 'update', action: 'U' },
  delete: { subtype: 'delete', action: 'D' },
} as const;

/** http://hl7.org/fhir/R4/http.html#create, conditional with If-None-Exist. */
export async function createResource(use: WriteUse, request: AuthorisedRequest): Promise<Reply> {
  const type = writableTypeOf(request);
  const resource = await use.validateResource(await request.json(), type);
  const scope = scopeOf(request, use.config.publicOrigin);
  const condition = request.headers.get('if-none-exist');
  if (condition === null) return commitOne(use, request, scope, { kind: 'create', resource });
  return createUnlessThere(use, request, scope, resource, criteriaOf(condition));
}

/** http://hl7.org/fhir/R4/http.html#update, also of what is not there yet. */
export async function updateResource(use: WriteUse, request: AuthorisedRequest): Promise<Reply> {
  const { type, id } = refOf(request);
  writableTypeOf(request);
  const resource = await use.validateResource(await request.json(), type);
  if (resource.id !== id) throw otherId(type);
  const scope = scopeOf(request, use.config.publicOrigin);
  const bound = boundVersion(request.headers);
  const onlyNew = request.headers.get('if-none-match') === '*';
  return commitOne(use, request, scope, { kind: 'update', type, id, resource, allowCreate: true, onlyNew, ...bound });
}

/** http://hl7.org/fhir/R4/http.html#cond-update: updates the one that the criteria find, creates it where there is none. */
export async function updateMatching(use: WriteUse, request: AuthorisedRequest): Promise<Reply> {
  const type = writableTypeOf(request);
  const resource = await use.validateResource(await request.json(), type);
  const scope = scopeOf(request, use.config.publicOrigin);
  const criteria = criteriaOf(String(request.query));
  const match = await onlyMatch(use, request, scope, type, criteria);
  if (match === undefined) {
    const { id } = resource;
    if (id !== undefined)
      return commitOne(use, request, scope, { kind: 'update', type, id, resource, allowCreate: true });
    return createUnlessThere(use, request, scope, resource, criteria);
  }
  if (resource.id !== undefined && resource.id !== match.resource.id) throw otherId(type);
  const id = String(match.resource.id);
  // Bound to the version that was found: meanwhile it might no longer be what the criteria ask for.
  const bound = { ifMatch: match.versionId, ...boundVersion(request.headers) };
  return commitOne(use, request, scope, { kind: 'update', type, id, resource: { ...resource, id }, ...bound });
}

/** http://hl7.org/fhir/R4/http.html#delete */
export async function deleteResource(use: WriteUse, request: AuthorisedRequest): Promise<Reply> {
  writableTypeOf(request);
  return deleteOne(use, request, refOf(request), boundVersion(request.headers));
}

/** http://hl7.org/fhir/R4/http.html#3.1.0.7.1: deletes the one that the criteria find; nothing to delete is no error. */
export async function deleteMatching(use: WriteUse, request: AuthorisedRequest): Promise<Reply> {
  const type = writableTypeOf(request);
  const scope = scopeOf(request, use.config.publicOrigin);
  const match = await onlyMatch(use, request, scope, type, criteriaOf(String(request.query)));
  if (match === undefined) return { status: 204, disclosed: disclosed('delete', []) };
  return deleteOne(use, request, { type, id: String(match.resource.id) }, { ifMatch: match.versionId });
}

/** Carries out one change and tells it as the caller prefers. */
export async function commitOne(
  use: WriteUse,
  request: AuthorisedRequest,
  scope: Scope,
  change: Change,
): Promise<Reply> {
  const { changes, session } = await use.records.commit(request.call, scope.trust, [change], facts[change.kind]);
  const [done] = changes;
  if (done?.resource === undefined) throw new WardlineError('internal', 'The commit did not say what it wrote.');
  return asPreferred(
    request.headers,
    resourceReply(done.change === 'created' ? 201 : 200, done.resource, session, {
      audited: 'in-commit',
      location: `${scope.base}/${done.type}/${done.id}/_history/${done.versionId}`,
    }),
  );
}

const attemptsAtMost = 3;

/** One of several creates with the same criteria is carried out; to the others it is told what that made. */
async function createUnlessThere(
  use: WriteUse,
  request: AuthorisedRequest,
  scope: Scope,
  resource: FhirResource,
  criteria: URLSearchParams,
): Promise<Reply> {
  const match = await onlyMatch(use, request, scope, resource.resourceType, criteria);
  if (match !== undefined)
    return existing(use, request, scope, { type: resource.resourceType, id: String(match.resource.id) });
  const claim = { criteria: String(criteria) };
  let over: { over?: string } = {};
  for (let attempt = 0; attempt < attemptsAtMost; attempt++) {
    try {
      return await commitOne(use, request, scope, { kind: 'create', resource, claim: { ...claim, ...over } });
    } catch (error) {
      if (!(error instanceof AlreadyCreated)) throw error;
      const made = await existing(use, request, scope, error.ref).catch(onlyIfGone);
      if (made !== undefined) return made;
      over = { over: error.ref.id };
    }
  }
  throw new WardlineError('conflict', 'Others create and delete the same: try again.', { retryAfter: 1 });
}

/** What a claim names was deleted since. */
function onlyIfGone(error: unknown): undefined {
  if (hasCode(error, 'gone', 'not-found')) return undefined;
  throw error;
}

async function existing(
  { records }: WriteUse,
  request: AuthorisedRequest,
  scope: Scope,
  ref: ResourceRef,
): Promise<Reply> {
  const { found, session } = await records.read(request.call, scope.trust, ref);
  return asPreferred(
    request.headers,
    resourceReply(200, found.resource, session, {
      disclosed: disclosed('create', [found]),
      location: `${scope.base}/${ref.type}/${ref.id}/_history/${found.versionId}`,
    }),
  );
}

async function deleteOne(
  { records, config }: WriteUse,
  request: AuthorisedRequest,
  ref: ResourceRef,
  bound: { readonly ifMatch?: string },
): Promise<Reply> {
  const { trust } = scopeOf(request, config.publicOrigin);
  const { session } = await records.commit(request.call, trust, [{ kind: 'delete', ...ref, ...bound }], facts.delete);
  return { status: 204, headers: { 'x-wardline-session': session }, audited: 'in-commit' };
}

const otherId = (type: string): WardlineError =>
  new WardlineError('invalid-body', 'The id of the body must be that of the address.', { expression: `${type}.id` });
