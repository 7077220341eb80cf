import type { Ods } from '../../shared/context.ts';
import { WardlineError } from '../../shared/errors.ts';
import { resourceTypes } from '../../shared/fhir/index.ts';
import type { AuthorisedRequest } from '../../shared/http.ts';
import type { ResourceRef } from '../../shared/records/index.ts';

const types = new Set(resourceTypes);

/** Whose records a request is about, and the address that they have. */
export interface Scope {
  readonly trust: Ods;
  /** Without a slash at the end. */
  readonly base: string;
}

/** `/fhir` is the caller's own trust, `/trusts/{ods}/fhir` another's. */
export function scopeOf(request: Pick<AuthorisedRequest, 'params' | 'call'>, origin: string): Scope {
  return { trust: request.params['ods'] ?? request.call.actor.trust, base: baseOf(request, origin) };
}

/** The address of the FHIR API that a request was sent to. */
export function baseOf({ params }: Pick<AuthorisedRequest, 'params'>, origin: string): string {
  const { ods } = params;
  return ods === undefined ? `${origin}/fhir` : `${origin}/trusts/${encodeURIComponent(ods)}/fhir`;
}

/** @throws WardlineError `not-found` */
export function typeOf({ params }: Pick<AuthorisedRequest, 'params'>): string {
  const type = params['type'] ?? '';
  if (!types.has(type))
    throw new WardlineError('not-found', 'There is no such FHIR R4 resource type.', { expression: 'type' });
  return type;
}

export const refOf = (request: Pick<AuthorisedRequest, 'params'>): ResourceRef => ({
  type: typeOf(request),
  id: request.params['id'] ?? '',
});

/** The type of what is to be changed. @throws WardlineError `method-not-allowed` for the audit trail */
export function writableTypeOf(request: Pick<AuthorisedRequest, 'params'>): string {
  const type = typeOf(request);
  if (type === 'AuditEvent')
    throw new WardlineError('method-not-allowed', 'An AuditEvent is never created, updated or deleted here.');
  return type;
}
