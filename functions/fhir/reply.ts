import type { FhirResource } from '../../shared/fhir/index.ts';
import type { Reply } from '../../shared/http.ts';

export const fhirJson = 'application/fhir+json; charset=utf-8';

/** A resource as FHIR's REST API answers it: ETag and Last-Modified (http://hl7.org/fhir/R4/http.html#versioning). */
export function resourceReply(
  status: number,
  resource: FhirResource,
  session: string,
  more: Pick<Reply, 'audited' | 'disclosed'> & { location?: string },
): Reply {
  const { location, ...rest } = more;
  const { versionId, lastUpdated } = resource.meta ?? {};
  return {
    status,
    json: resource,
    contentType: fhirJson,
    headers: {
      etag: `W/"${versionId}"`,
      ...(lastUpdated === undefined ? {} : { 'last-modified': new Date(lastUpdated).toUTCString() }),
      ...(location === undefined ? {} : { location }),
      'x-wardline-session': session,
    },
    ...rest,
  };
}

/** A Bundle as the answer (http://hl7.org/fhir/R4/bundle.html). @param parts what it holds beside its type */
export const bundleReply = (
  type: 'searchset' | 'history' | 'batch-response' | 'transaction-response',
  session: string,
  parts: object,
  more: Pick<Reply, 'audited' | 'disclosed'>,
): Reply => ({
  status: 200,
  contentType: fhirJson,
  headers: { 'x-wardline-session': session },
  json: { resourceType: 'Bundle', type, ...parts },
  ...more,
});
