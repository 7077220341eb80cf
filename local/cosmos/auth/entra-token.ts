import { createRemoteJWKSet, jwtVerify } from 'jose';

/** Verifies a Microsoft Entra access token for this account. @throws when it is not valid here. */
export type VerifyToken = (token: string) => Promise<void>;

/** Any account takes tokens for this audience; SDKs ask for it when they know no account of that name. */
const cosmosAudience = 'https://cosmos.azure.com';

/**
 * @param jwks where the identity provider's public keys are. @param origin this account's own (`https://localhost:8081`),
 * which SDKs ask tokens for; known once the server listens.
 */
export function entraTokens(jwks: string, origin: () => readonly string[]): VerifyToken {
  const keys = createRemoteJWKSet(new URL(jwks));
  return async (token) => {
    const audience = [cosmosAudience, ...origin()].flatMap((one) => [one, `${one}/`]);
    await jwtVerify(token, keys, { audience });
  };
}
