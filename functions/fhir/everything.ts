import { WardlineError } from '../../shared/errors.ts';
import { parseMoment, resourceTypes } from '../../shared/fhir/index.ts';
import type { AuthorisedRequest, Reply } from '../../shared/http.ts';
import type { EverythingQuery, StoredResource } from '../../shared/records/index.ts';
import { openCursor, sealCursor } from './cursor.ts';
import { disclosed } from './disclosed.ts';
import type { FhirApp } from './fhir-app.ts';
import { countOf, sinceOf } from './history.ts';
import { fhirJson } from './reply.ts';
import { type Scope, scopeOf } from './scope.ts';

type Use = Pick<FhirApp, 'records' | 'config' | 'keyring'>;
const defaultCount = 100;
const types = new Set(resourceTypes);

/**
 * `Patient/{id}/$everything` (http://hl7.org/fhir/R4/patient-operation-everything.html), page by page, also as it stood
 * at a moment. What the record refers to outside of it comes with the page that refers to it.
 */
export async function patientEverything(use: Use, request: AuthorisedRequest): Promise<Reply> {
  const { records, keyring, config } = use;
  const { call, params, query } = request;
  const scope = scopeOf(request, config.publicOrigin);
  const id = params['id'] ?? '';
  const asked = await everythingAsked(use, request, scope);
  const { resources, referenced, after, session, asOf } = await records.everything(call, scope.trust, id, asked);
  const path = `${scope.base}/Patient/${encodeURIComponent(id)}/$everything`;
  const link = [{ relation: 'self', url: `${path}${query.size === 0 ? '' : `?${query}`}` }];
  if (after !== undefined) {
    const cursor = await sealCursor(keyring, call, scope.trust, 'everything', { ...asked, after, at: asOf });
    link.push({ relation: 'next', url: `${path}?_cursor=${cursor}` });
  }
  const entry =
    (mode: string) =>
    ({ resource }: StoredResource) => ({
      fullUrl: `${scope.base}/${resource.resourceType}/${resource.id}`,
      resource,
      search: { mode },
    });
  return {
    status: 200,
    contentType: fhirJson,
    headers: { 'x-wardline-session': session },
    json: {
      resourceType: 'Bundle',
      type: 'searchset',
      link,
      entry: [...resources.map(entry('match')), ...referenced.map(entry('include'))],
    },
    disclosed: disclosed('everything', [...resources, ...referenced]),
  };
}

/** @throws WardlineError `invalid-parameter`, `not-supported` */
async function everythingAsked(
  { keyring }: Use,
  { query, call }: AuthorisedRequest,
  scope: Scope,
): Promise<EverythingQuery> {
  const asked: { count: number; types?: string[]; since?: number; at?: number } = { count: defaultCount };
  for (const [name, value] of query) {
    if (name === '_cursor') return openCursor<EverythingQuery>(keyring, call, scope.trust, 'everything', value);
    if (name === '_count') asked.count = countOf(value);
    else if (name === '_since') asked.since = sinceOf(value);
    else if (name === '_at') asked.at = parseMoment(name, value);
    else if (name === '_type') asked.types = typesOf(value);
    else if (name === 'start' || name === 'end')
      throw new WardlineError('not-supported', 'Care dates are not supported here: search each type by its date.', {
        expression: name,
      });
    else if (name !== '_format' && name !== '_pretty')
      throw new WardlineError('invalid-parameter', '$everything takes _count, _since, _type and _at.', {
        expression: '$everything',
      });
  }
  return asked;
}

function typesOf(value: string): string[] {
  const wanted = value.split(',');
  if (!wanted.every((type) => types.has(type)))
    throw new WardlineError('invalid-parameter', '_type takes FHIR R4 resource types, behind commas.', {
      expression: '_type',
    });
  return wanted;
}
