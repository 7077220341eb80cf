import { type EntraTokenVerifier, entraTokenVerifier } from '../../entra-token.ts';

/** Any account takes tokens for this audience; SDKs ask for it when they know no account of that name. */
const cosmosAudience = 'https://cosmos.azure.com';

/**
 * @param issuer the identity provider. @param origins this account's own (`https://localhost:8081`), which SDKs ask
 * tokens for; known once the server listens.
 */
export function entraTokens(issuer: string, origins: () => readonly string[]): EntraTokenVerifier {
  let verify: EntraTokenVerifier | undefined;
  return (token) => {
    verify ??= entraTokenVerifier({ issuer, audiences: [cosmosAudience, ...origins()] });
    return verify(token);
  };
}
