import { bearerToken, EntraTokenError, type EntraTokenVerifier } from '../../entra-token.ts';
import { BlobError } from '../errors.ts';
import { type BlobRequest, header } from '../request.ts';
import type { AccessPolicy } from '../state/schema.ts';
import { everything, type Grant } from './grant.ts';
import { grantOfSignature } from './shared-access-signature.ts';
import { refuseSharedKey } from './shared-key.ts';

/** Where a client gets its token, and for what. */
const challenge =
  'Bearer authorization_uri=https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/oauth2/authorize resource_id=https://storage.azure.com';

/** Checks a caller: account key, shared access signature, or a token of the identity provider. @throws BlobError 401 or 403. */
export async function authorize(
  request: BlobRequest,
  given: {
    readonly account: { readonly name: string; readonly key: string };
    readonly policies: readonly AccessPolicy[];
    readonly verifyToken: EntraTokenVerifier | undefined;
    readonly now: number;
  },
): Promise<Grant> {
  const { account, policies, verifyToken, now } = given;
  const authorization = header(request, 'authorization');
  if (authorization === undefined) {
    if (request.query.has('sig')) return grantOfSignature(request, account, policies, now);
    throw new BlobError(
      401,
      'NoAuthenticationInformation',
      'Server failed to authenticate the request. Send a shared key, a shared access signature or a bearer token.',
      { 'www-authenticate': challenge },
    );
  }
  const token = bearerToken(authorization);
  if (token === undefined) {
    const refusal = refuseSharedKey(request, account, now);
    if (refusal === undefined) return everything;
    throw new BlobError(403, 'AuthenticationFailed', `Server failed to authenticate the request. ${refusal}`);
  }
  const refuseToken = (why: string) =>
    new BlobError(401, 'InvalidAuthenticationInfo', `Server failed to authenticate the request. ${why}`, {
      'www-authenticate': challenge,
    });
  if (verifyToken === undefined) throw refuseToken('No identity provider is known here.');
  if (!request.secure) throw refuseToken('Bearer tokens are taken over https only.');
  try {
    const { objectId } = await verifyToken(token);
    return { ...everything, objectId };
  } catch (error) {
    if (error instanceof EntraTokenError) throw refuseToken(error.message);
    throw error;
  }
}
