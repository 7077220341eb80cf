import { createHmac } from 'node:crypto';
import { sameText } from '../../same-text.ts';
import { BlobError, notSupported } from '../errors.ts';
import type { BlobRequest } from '../request.ts';
import type { AccessPolicy } from '../state/schema.ts';
import type { Grant } from './grant.ts';
import { delegationKeyValue } from './user-delegation.ts';

interface Account {
  readonly name: string;
  readonly key: string;
}

const refuse = (detail: string, code = 'AuthenticationFailed'): BlobError =>
  new BlobError(403, code, `Server failed to authenticate the request. ${detail}`);

/** What a signature in the query allows. @throws BlobError 403. */
export function grantOfSignature(
  request: BlobRequest,
  account: Account,
  policies: readonly AccessPolicy[],
  now: number,
): Grant {
  const of = (name: string): string => request.query.get(name) ?? '';
  const { text, key } = signedWith(of, request, account, now);
  const expected = createHmac('sha256', Buffer.from(key, 'base64')).update(text, 'utf8').digest('base64');
  if (!sameText(of('sig'), expected)) throw refuse('Signature did not match.');
  if (of('spr') === 'https' && !request.secure)
    throw refuse('The signature is for https.', 'AuthorizationProtocolMismatch');
  if (of('sip') !== '' && !within(of('sip'), request.address))
    throw refuse('The signature is not for this address.', 'AuthorizationSourceIPMismatch');
  const policy = policyOf(of('si'), policies);
  checkTimes(of('st') || policy?.start, of('se') || policy?.expiry, now);
  const permissions = of('sp') || policy?.permission || '';
  if (request.query.has('ss')) checkResourceType(of('ss'), of('srt'), request);
  return { unlimited: false, allows: (permission) => permissions.includes(permission) };
}

/** https://learn.microsoft.com/rest/api/storageservices/create-account-sas#construct-the-signature-string */
const accountText = (of: (name: string) => string, account: string, version: string): string =>
  [
    ...[account, of('sp'), of('ss'), of('srt'), of('st'), of('se'), of('sip'), of('spr'), version],
    ...(version >= '2020-12-06' ? [of('ses')] : []),
    '',
  ].join('\n');

/** The container or blob that a signature of it names. */
function resourceText(of: (name: string) => string, { container, blob }: BlobRequest, account: string): string {
  const resource = of('sr');
  if (resource !== 'c' && resource !== 'b') throw notSupported(`A signature for the resource type "${resource}"`);
  return `/blob/${account}/${resource === 'b' ? `${container}/${blob}` : container}`;
}

const answerHeaders = ['rscc', 'rscd', 'rsce', 'rscl', 'rsct'];

/** https://learn.microsoft.com/rest/api/storageservices/create-service-sas#specifying-the-signature */
const serviceText = (of: (name: string) => string, request: BlobRequest, account: string, version: string): string =>
  [
    ...[of('sp'), of('st'), of('se'), resourceText(of, request, account), of('si'), of('sip'), of('spr'), version],
    ...(version >= '2018-11-09' ? [of('sr'), ''] : []),
    ...(version >= '2020-12-06' ? [of('ses')] : []),
    ...answerHeaders.map(of),
  ].join('\n');

/** https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas#specify-the-signature */
function delegatedText(of: (name: string) => string, request: BlobRequest, account: string, version: string): string {
  if (version < '2020-12-06') throw notSupported('A signature with a user delegation key before version 2020-12-06');
  for (const name of ['sduoid', 'skdutid', 'srh', 'srq', 'suoid'])
    if (of(name) !== '') throw notSupported(`The field ${name} of a signature`);
  return [
    ...[of('sp'), of('st'), of('se'), resourceText(of, request, account)],
    ...[of('skoid'), of('sktid'), of('skt'), of('ske'), of('sks'), of('skv'), of('saoid'), '', of('scid')],
    ...(version >= '2025-07-05' ? ['', ''] : []),
    ...[of('sip'), of('spr'), version, of('sr'), '', of('ses')],
    ...(version >= '2026-04-06' ? ['', ''] : []),
    ...answerHeaders.map(of),
  ].join('\n');
}

/** What the signature is made over, and the key that it is made with. @throws BlobError 403 when the key's time is over. */
function signedWith(
  of: (name: string) => string,
  request: BlobRequest,
  account: Account,
  now: number,
): { readonly text: string; readonly key: string } {
  const version = of('sv');
  if (!/^\d{4}-\d\d-\d\d$/.test(version) || version < '2015-04-05')
    throw refuse('sv must be a version from 2015-04-05 on.');
  if (request.query.has('ss')) return { text: accountText(of, account.name, version), key: account.key };
  if (of('skoid') === '') return { text: serviceText(of, request, account.name, version), key: account.key };
  checkTimes(of('skt'), of('ske'), now);
  const fields = { objectId: of('skoid'), tenantId: of('sktid'), start: of('skt'), expiry: of('ske') };
  const key = delegationKeyValue({ ...fields, version: of('skv') }, account.key);
  return { text: delegatedText(of, request, account.name, version), key };
}

function policyOf(id: string, policies: readonly AccessPolicy[]): AccessPolicy | undefined {
  if (id === '') return undefined;
  const policy = policies.find((one) => one.id === id);
  if (policy === undefined) throw refuse('The container has no stored access policy of that name.');
  return policy;
}

function checkTimes(start: string | undefined, expiry: string | undefined, now: number): void {
  if (expiry === undefined || !(Date.parse(expiry) > now))
    throw refuse('Signature not valid in the specified time frame.');
  if (start !== undefined && !(Date.parse(start) <= now))
    throw refuse('Signature not valid in the specified time frame.');
}

function checkResourceType(services: string, types: string, { container, blob, query }: BlobRequest): void {
  if (!services.includes('b')) throw refuse('The signature is not for blobs.', 'AuthorizationServiceMismatch');
  const type = container === undefined ? 's' : blob === undefined ? 'c' : 'o';
  // Listing what an account or container holds asks for the right over what is listed in.
  if (!types.includes(type))
    throw refuse(
      `The signature is not for this type of resource${query.has('comp') ? ` (${query.get('comp')})` : ''}.`,
      'AuthorizationResourceTypeMismatch',
    );
}

/** `168.1.5.60` or `168.1.5.60-168.1.5.70`. */
function within(range: string, address: string): boolean {
  const number = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const [from = '', to = from] = range.split('-');
  return number(from) <= number(address) && number(address) <= number(to);
}
