import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { bearerToken, EntraTokenError, type EntraTokenVerifier } from '../entra-token.ts';
import { sameText } from '../same-text.ts';
import { EventGridError } from './errors.ts';

/**
 * Checks a caller of a topic: access key, shared access signature, or a token of the identity provider
 * (https://learn.microsoft.com/azure/event-grid/authenticate-with-access-keys-shared-access-signatures).
 * @throws EventGridError 401.
 */
export async function authorize(
  headers: IncomingHttpHeaders,
  topic: { readonly name: string; readonly key: string },
  now: number,
  verifyToken: EntraTokenVerifier | undefined,
): Promise<void> {
  const refuse = (reason: string) =>
    new EventGridError(
      401,
      'Unauthorized',
      `The request authorization header is not authorized for ${topic.name.toUpperCase()}. This is due to the reason: ${reason}`,
    );
  const [key, signature] = [headers['aeg-sas-key'], headers['aeg-sas-token']];
  if (typeof key === 'string') {
    if (sameText(key, topic.key)) return;
    throw refuse('the access key is wrong.');
  }
  if (typeof signature === 'string') {
    const refusal = refuseSignature(signature, topic, now);
    if (refusal === undefined) return;
    throw refuse(refusal);
  }
  const token = bearerToken(headers.authorization);
  if (token === undefined || verifyToken === undefined)
    throw refuse('send aeg-sas-key, aeg-sas-token or a bearer token.');
  try {
    await verifyToken(token);
  } catch (error) {
    if (!(error instanceof EntraTokenError)) throw error;
    throw refuse(error.message);
  }
}

/** `r={resource}&e={expiration}&s={signature}`, signed with the key's bytes. @returns why it is refused. */
function refuseSignature(
  given: string,
  topic: { readonly name: string; readonly key: string },
  now: number,
): string | undefined {
  const [signed = '', signature = ''] = given.split('&s=');
  const fields = new URLSearchParams(signed);
  const expected = createHmac('sha256', Buffer.from(topic.key, 'base64')).update(signed).digest('base64');
  if (!sameText(decode(signature), expected)) return 'the signature is wrong.';
  const resource = fields.get('r') ?? '';
  if (!URL.canParse(resource) || new URL(resource).pathname.split('/')[1] !== topic.name)
    return 'the signature is for another topic.';
  const expires = Date.parse(`${fields.get('e') ?? ''} UTC`);
  return expires > now ? undefined : 'the signature has expired.';
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
