import { hasCode, WardlineError } from '../../shared/errors.ts';
import { type FhirResource, fhirpathPatch, isResource, jsonPatch, type Validate } from '../../shared/fhir/index.ts';
import type { AuthorisedRequest, Reply } from '../../shared/http.ts';
import type { ResourceRef } from '../../shared/records/index.ts';
import { criteriaOf, onlyMatch } from './conditional.ts';
import { boundVersion } from './etag.ts';
import { refOf, scopeOf, writableTypeOf } from './scope.ts';
import { commitOne, type WriteUse } from './write.ts';

/** A patch that names no version is tried again when somebody else wrote in between. */
const attemptsAtMost = 5;

/** http://hl7.org/fhir/R4/http.html#patch by JSON Patch or FHIRPath Patch. */
export async function patchResource(use: WriteUse, request: AuthorisedRequest): Promise<Reply> {
  writableTypeOf(request);
  return patchOne(use, request, refOf(request), boundVersion(request.headers));
}

/** The same of the one that criteria find. */
export async function patchMatching(use: WriteUse, request: AuthorisedRequest): Promise<Reply> {
  const type = writableTypeOf(request);
  const scope = scopeOf(request, use.config.publicOrigin);
  const match = await onlyMatch(use, request, scope, type, criteriaOf(String(request.query)));
  if (match === undefined)
    throw new WardlineError('not-found', 'No resource is as the criteria ask.', { expression: type });
  const bound = { ifMatch: match.versionId, ...boundVersion(request.headers) };
  return patchOne(use, request, { type, id: String(match.resource.id) }, bound);
}

async function patchOne(
  use: WriteUse,
  request: AuthorisedRequest,
  ref: ResourceRef,
  bound: { readonly ifMatch?: string },
): Promise<Reply> {
  const patch = await request.json();
  const scope = scopeOf(request, use.config.publicOrigin);
  for (let attempt = 1; ; attempt++) {
    const { found } = await use.records.read(request.call, scope.trust, ref);
    if (bound.ifMatch !== undefined && bound.ifMatch !== found.versionId)
      throw new WardlineError('version-mismatch', 'The resource has another version now: read it again.', {
        expression: 'If-Match',
      });
    const resource = await patched(use.validateResource, found.resource, patch);
    try {
      return await commitOne(use, request, scope, { kind: 'update', ...ref, resource, ifMatch: found.versionId });
    } catch (error) {
      const lost = hasCode(error, 'version-mismatch');
      if (!lost || bound.ifMatch !== undefined || attempt === attemptsAtMost) throw error;
    }
  }
}

/**
 * The resource after a patch: a list is a JSON Patch, a Parameters resource a FHIRPath Patch.
 * @throws WardlineError, also when the result is no valid resource or another one
 */
export async function patched(validate: Validate, resource: FhirResource, patch: unknown): Promise<FhirResource> {
  const result =
    isResource(patch) && patch.resourceType === 'Parameters'
      ? fhirpathPatch(resource, patch)
      : await jsonPatch(resource, patch);
  if (result?.id !== resource.id || result.resourceType !== resource.resourceType)
    throw new WardlineError('business-rule', 'A patch changes neither the type nor the id of a resource.', {
      expression: `${resource.resourceType}.id`,
    });
  return validate(result, resource.resourceType);
}
