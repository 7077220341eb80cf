import type { TokenCredential } from '@azure/identity';

/** How a binding's service is opened: with a connection string, or at an address with an identity. */
export type Connection =
  | { readonly connectionString: string }
  | { readonly endpoint: string; readonly credential: TokenCredential };

/** Where a service's settings name its address: `{connection}__{name}`, and what the value is made into. */
export type EndpointSettings = Readonly<Record<string, (value: string) => string>>;

const asItIs = (value: string): string => value;

/** https://learn.microsoft.com/azure/azure-functions/functions-reference#configure-an-identity-based-connection */
export const endpointSettings = {
  serviceBus: { fullyQualifiedNamespace: asItIs },
  cosmos: { accountEndpoint: asItIs },
  blobs: {
    blobServiceUri: asItIs,
    serviceUri: asItIs,
    accountName: (value) => `https://${value}.blob.core.windows.net`,
  },
  eventGrid: { topicEndpointUri: asItIs },
} as const satisfies Readonly<Record<string, EndpointSettings>>;

/** What an identity-based connection says of the identity, by names in lower case. */
const identitySettings = ['credential', 'clientid'];

/**
 * Reads an identity-based connection.
 * @param given what stands behind `{name}__` in the settings, by names in lower case.
 * @returns undefined where nothing does. @throws Error that says what is wrong
 */
export function readIdentityConnection(
  name: string,
  owner: string,
  given: ReadonlyMap<string, string>,
  endpoints: EndpointSettings,
): Connection | undefined {
  if (given.size === 0) return undefined;
  const wrong = (message: string) => new Error(`Function "${owner}": ${message}`);
  const known = Object.keys(endpoints);
  const found = known.flatMap((setting) => {
    const value = given.get(setting.toLowerCase());
    return value === undefined || value === '' ? [] : [endpoints[setting]?.(value) ?? value];
  });
  const [endpoint] = found;
  if (endpoint === undefined)
    throw wrong(
      `the settings "${name}__…" name no address: give ${known.map((one) => `"${name}__${one}"`).join(' or ')}.`,
    );
  const credential = given.get('credential')?.toLowerCase();
  if (credential !== undefined && credential !== 'managedidentity')
    throw wrong(
      `"${name}__credential" is "${credential}": this host knows "managedidentity", or none for whoever is signed in.`,
    );
  const secret = [...given.keys()].find((one) =>
    /^(clientsecret|tenantid|managedidentity(resource|object)id)$/.test(one),
  );
  if (secret !== undefined)
    throw wrong(
      `"${name}__${secret}" is not supported: this host knows ${identitySettings.map((one) => `"${name}__${one}"`).join(' and ')}.`,
    );
  return { endpoint, credential: lateCredential(credential !== undefined, given.get('clientid')) };
}

/** The SDK of identities takes its time to load, so it is loaded by the first token. */
function lateCredential(managed: boolean, clientId: string | undefined): TokenCredential {
  let opened: Promise<TokenCredential> | undefined;
  const open = async (): Promise<TokenCredential> => {
    const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity');
    if (managed) return new ManagedIdentityCredential(clientId === undefined ? {} : { clientId });
    return new DefaultAzureCredential(clientId === undefined ? {} : { managedIdentityClientId: clientId });
  };
  return {
    async getToken(scopes, options) {
      opened ??= open();
      return (await opened).getToken(scopes, options);
    },
  };
}
