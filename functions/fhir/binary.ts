import { WardlineError } from '../../shared/errors.ts';
import type { AuthorisedRequest, Reply } from '../../shared/http.ts';
import type { ResourceRef, StoredResource } from '../../shared/records/index.ts';
import { disclosed } from './disclosed.ts';
import type { FhirApp } from './fhir-app.ts';
import { requireJson } from './format.ts';
import { unchangedReply } from './read.ts';
import { resourceReply } from './reply.ts';
import { scopeOf } from './scope.ts';
import { createResource, updateResource, type WriteUse } from './write.ts';

type Use = Pick<FhirApp, 'records' | 'config'>;

/** Bytes of a body: content of the largest size as base64 in JSON, and what is around it. */
export const binaryBodyLimit = 15 * 1024 * 1024;

/** RFC 9110, 8.3.1: a media type with its parameters, in characters that a header may carry. */
const mediaType =
  /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+( *; *[\w!#$&^.+-]+=("[\w !#$%&'()*+,./:;<=>?@[\]^`{|}~-]*"|[\w!#$&^.+-]+))*$/;

/** http://hl7.org/fhir/R4/binary.html#rest: a create of the resource, or of the content alone. */
export const createBinary = async (use: WriteUse, request: AuthorisedRequest): Promise<Reply> =>
  createResource(use, await asResource(use, request));

/** The same, of the next version. */
export const updateBinary = async (use: WriteUse, request: AuthorisedRequest): Promise<Reply> =>
  updateResource(use, await asResource(use, request));

/** Content that is sent alone becomes the resource that FHIR makes of it: whose it is stands in X-Security-Context. */
async function asResource({ config }: WriteUse, request: AuthorisedRequest): Promise<AuthorisedRequest> {
  const { headers, params } = request;
  const contentType = headers.get('content-type')?.trim() ?? '';
  if (/^application\/(fhir\+)?json *(;|$)/i.test(contentType)) {
    requireJson(request);
    return { ...request, params: { ...params, type: 'Binary' } };
  }
  if (!mediaType.test(contentType) || /^application\/fhir\+/i.test(contentType))
    throw new WardlineError(
      'unsupported-media-type',
      'Send the content with its media type, or a Binary as application/fhir+json.',
      { expression: 'Content-Type' },
    );
  const bytes = await request.bytes();
  const context = headers.get('x-security-context')?.replace(`${scopeOf(request, config.publicOrigin).base}/`, '');
  const resource = {
    resourceType: 'Binary',
    ...(params['id'] === undefined ? {} : { id: params['id'] }),
    contentType,
    ...(context === undefined ? {} : { securityContext: { reference: context } }),
    data: Buffer.from(bytes).toString('base64'),
  };
  return { ...request, params: { ...params, type: 'Binary' }, json: async () => resource };
}

/** A read: as the resource to who asks for FHIR by name, else as the content with its own media type. */
export async function readBinary(use: Use, request: AuthorisedRequest): Promise<Reply> {
  const { records, config } = use;
  const { trust } = scopeOf(request, config.publicOrigin);
  const { found, session } = await records.read(request.call, trust, binaryOf(request));
  return unchangedReply(request.headers, found, session) ?? shown(use, request, found, session, 'read');
}

/** The same of one version. */
export async function readBinaryVersion(use: Use, request: AuthorisedRequest): Promise<Reply> {
  const { records, config } = use;
  const { trust } = scopeOf(request, config.publicOrigin);
  const version = request.params['version'] ?? '';
  const { found, session } = await records.vread(request.call, trust, binaryOf(request), version);
  if (found.deleted) throw new WardlineError('gone', 'This version is a deletion.');
  return shown(use, request, found, session, 'vread');
}

const binaryOf = ({ params }: AuthorisedRequest): ResourceRef => ({ type: 'Binary', id: params['id'] ?? '' });

async function shown(
  { records }: Use,
  request: AuthorisedRequest,
  found: StoredResource,
  session: string,
  interaction: 'read' | 'vread',
): Promise<Reply> {
  const asked = { disclosed: disclosed(interaction, [found]) };
  const contentType = String(found.resource['contentType'] ?? '');
  if (!wantsContent(request, contentType)) {
    const content = await records.content(found);
    const data = content === undefined ? {} : { data: Buffer.from(content).toString('base64') };
    return resourceReply(200, { ...found.resource, ...data }, session, asked);
  }
  const { headers } = resourceReply(200, found.resource, session, asked);
  return {
    status: 200,
    contentType: mediaType.test(contentType) ? contentType : 'application/octet-stream',
    headers: { ...headers, ...neverActive },
    body: (await records.content(found)) ?? new Uint8Array(),
    ...asked,
  };
}

/** Whatever somebody sent is handed on as a file: no browser runs it as a page of this server. */
const neverActive = {
  'content-disposition': 'attachment',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
};

const fhirType = /^application\/(fhir\+json|json\+fhir)$/;

/**
 * Who names FHIR's own media type (or `_format`) gets the resource; who takes the content's type, or any, the content.
 * @throws WardlineError `not-acceptable` where neither is taken
 */
function wantsContent({ query, headers }: AuthorisedRequest, contentType: string): boolean {
  if (query.has('_format')) {
    requireJson({ query, headers });
    return false;
  }
  const own = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  const taken = (headers.get('accept') ?? '*/*')
    .split(',')
    .map((one) => (one.split(';')[0] ?? '').trim().toLowerCase());
  if (taken.some((one) => fhirType.test(one))) return false;
  if (taken.some((one) => one === '*/*' || one === own || one === `${own.split('/')[0]}/*`)) return true;
  if (taken.includes('application/json')) return false;
  throw new WardlineError('not-acceptable', `The content is ${own}; the resource is application/fhir+json.`, {
    expression: 'Accept',
  });
}
