import { WardlineError } from '../../shared/errors.ts';
import { parseSearch, subsetOf } from '../../shared/fhir/index.ts';
import type { AuthorisedRequest, Reply } from '../../shared/http.ts';
import type { StoredResource } from '../../shared/records/index.ts';
import { disclosed } from './disclosed.ts';
import type { FhirApp } from './fhir-app.ts';
import { resourceReply } from './reply.ts';
import { refOf, scopeOf } from './scope.ts';

type Use = Pick<FhirApp, 'records' | 'config'>;

/** What a read can be asked besides: the moment, and a part of the resource. */
const controls = new Set(['_at', '_summary', '_elements']);

/** http://hl7.org/fhir/R4/http.html#read, conditional and of a moment past (`_at`). */
export async function readResource({ records, config }: Use, request: AuthorisedRequest): Promise<Reply> {
  const ref = refOf(request);
  const asked = new URLSearchParams([...request.query].filter(([name]) => controls.has(name)));
  const query = parseSearch(ref.type, asked);
  const { trust } = scopeOf(request, config.publicOrigin);
  const options = query.at === undefined ? {} : { at: query.at };
  const { found, session } = await records.read(request.call, trust, ref, options);
  const unchanged = unchangedReply(request.headers, found, session);
  if (unchanged !== undefined) return unchanged;
  return resourceReply(200, subsetOf(query, found.resource), session, { disclosed: disclosed('read', [found]) });
}

/** http://hl7.org/fhir/R4/http.html#vread */
export async function readVersion({ records, config }: Use, request: AuthorisedRequest): Promise<Reply> {
  const { trust } = scopeOf(request, config.publicOrigin);
  const version = request.params['version'] ?? '';
  const { found, session } = await records.vread(request.call, trust, refOf(request), version);
  if (found.deleted) throw new WardlineError('gone', 'This version is a deletion.');
  return resourceReply(200, found.resource, session, { disclosed: disclosed('vread', [found]) });
}

/** 304 to who knows this version. Telling that nothing changed tells something too: the audit entry is the same. */
export const unchangedReply = (headers: Headers, found: StoredResource, session: string): Reply | undefined =>
  isUnchanged(headers, found)
    ? {
        status: 304,
        headers: { etag: `W/"${found.versionId}"`, 'x-wardline-session': session },
        disclosed: disclosed('read', [found]),
      }
    : undefined;

/**
 * RFC 9110, 13.2.2: If-None-Match comes before If-Modified-Since, which knows no fractions of a second.
 * @throws WardlineError `invalid-parameter`
 */
function isUnchanged(headers: Headers, { versionId, lastUpdated }: StoredResource): boolean {
  const known = headers.get('if-none-match');
  if (known !== null)
    return known.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === `"${versionId}"`);
  const since = headers.get('if-modified-since');
  if (since === null) return false;
  const moment = Date.parse(since);
  if (Number.isNaN(moment))
    throw new WardlineError(
      'invalid-parameter',
      'If-Modified-Since takes a date such as Tue, 24 Nov 2026 08:00:00 GMT.',
      {
        expression: 'If-Modified-Since',
      },
    );
  return Math.floor(Date.parse(lastUpdated) / 1000) * 1000 <= moment;
}
