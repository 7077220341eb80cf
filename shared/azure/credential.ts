import type { AccessToken, TokenCredential } from '@azure/identity';

/**
 * The managed identity of this deployment. The SDK behind it is loaded by the first token that is needed: a laptop that
 * uses keys never pays for it.
 * @param clientId of a user-assigned identity; undefined: the system-assigned one.
 */
export function managedIdentity(clientId: string | undefined): TokenCredential {
  let credential: Promise<TokenCredential> | undefined;
  const open = async (): Promise<TokenCredential> => {
    const { ManagedIdentityCredential } = await import('@azure/identity');
    return clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
  };
  return {
    async getToken(scopes, options): Promise<AccessToken | null> {
      credential ??= open();
      return (await credential).getToken(scopes, options);
    },
  };
}
