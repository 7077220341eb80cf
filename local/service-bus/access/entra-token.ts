import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { Granted } from './sas.ts';

const audiences = ['https://servicebus.azure.net', 'https://servicebus.azure.net/'];

/**
 * Checks tokens that an identity provider issued for Service Bus.
 * @param jwks where its public keys are; undefined: no such token is taken
 */
export function entraTokenCheck(
  jwks: string | undefined,
): (token: string) => Promise<Granted | { readonly refusal: string }> {
  const keys = jwks === undefined ? undefined : createRemoteJWKSet(new URL(jwks));
  return async (token) => {
    if (keys === undefined) return { refusal: 'This namespace was started without an identity provider.' };
    try {
      const { payload } = await jwtVerify(token, keys, { audience: audiences, requiredClaims: ['exp'] });
      return { path: '', until: Number(payload.exp) * 1000 };
    } catch {
      return { refusal: 'InvalidToken: the token is not valid here, is expired, or is for another audience.' };
    }
  };
}
