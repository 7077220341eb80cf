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
