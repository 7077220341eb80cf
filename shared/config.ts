import { connections } from './topology.ts';

/** How to reach one Azure service: a connection string on a laptop, an endpoint and a managed identity in production. */
export type Connection = { readonly connectionString: string } | { readonly endpoint: string };

/** Everything that differs between two deployments of the same code. The only file that reads the environment. */
export interface Config {
  /** Trusts of this deployment, by ODS code. */
  readonly trusts: readonly string[];
  /** Which share of the functions this deployment registers. */
  readonly app: 'all' | 'api' | 'flow' | 'audit' | 'work' | 'inbox';
  readonly cosmos: Connection;
  readonly serviceBus: Connection;
  /** Where the local broker tells its dead letters; in production Azure Monitor watches them. */
  readonly serviceBusAdministration: string | undefined;
  readonly blobs: Connection;
  readonly webPubSub: Connection;
  readonly eventGridOut: { readonly endpoint: string; readonly key: string | undefined };
  readonly keyVault: string;
  /** OpenID Connect issuers that are trusted, the audience their tokens must name, and the clients of Wardline's own pages. */
  readonly identity: {
    readonly issuers: readonly string[];
    readonly audience: string;
    readonly ownClients: readonly [string, ...string[]];
  };
  /** Profiles that resources of a type must meet although they do not declare them in `meta.profile`, by type. */
  readonly requiredProfiles: Readonly<Record<string, readonly string[]>>;
  /** Application Insights; undefined switches telemetry off. */
  readonly telemetry: string | undefined;
  /** Client id of the user-assigned managed identity; undefined: the system-assigned one. */
  readonly managedIdentity: string | undefined;
  /** Where the deployed app's files are (host.json, web/). */
  readonly root: string;
  /** The origin that the outside reaches the functions at, e.g. `https://ehr.example.nhs.uk`. */
  readonly publicOrigin: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const apps = ['all', 'api', 'flow', 'audit', 'work', 'inbox'] as const;

/**
 * Reads the configuration.
 * @throws Error naming the setting that is missing or wrong, and what it should hold.
 */
export function parseConfig(env: Environment): Config {
  const required = (name: string, what: string): string => {
    const value = env[name];
    if (value === undefined || value === '') throw new Error(`Setting ${name} is missing: it should hold ${what}.`);
    return value;
  };
  const connection = (name: string, identitySetting: string): Connection => {
    const connectionString = env[name];
    if (connectionString) {
      refuseEmulatorInProduction(name, connectionString, env);
      return { connectionString };
    }
    return { endpoint: required(`${name}__${identitySetting}`, `an endpoint (or ${name} a connection string)`) };
  };
  const app = env['WARDLINE_APP'] ?? 'all';
  if (!isApp(app)) throw new Error(`Setting WARDLINE_APP is "${app}": it should be one of ${apps.join(', ')}.`);
  return {
    trusts: required('WARDLINE_TRUSTS', 'ODS codes separated by commas').split(','),
    app,
    cosmos: connection(connections.cosmos, 'accountEndpoint'),
    serviceBus: connection(connections.serviceBus, 'fullyQualifiedNamespace'),
    serviceBusAdministration: env['ServiceBus__administration'],
    blobs: connection(connections.blobs, 'serviceUri'),
    webPubSub: connection(connections.webPubSub, 'serviceUri'),
    eventGridOut: {
      endpoint: required('EventGridOut__topicEndpointUri', 'the endpoint of the outbound Event Grid topic'),
      key: env['EventGridOut__key'],
    },
    keyVault: required('KEY_VAULT_URL', 'the address of the Key Vault'),
    identity: {
      issuers: required('TOKEN_ISSUERS', 'OpenID Connect issuers separated by commas').split(','),
      audience: required('TOKEN_AUDIENCE', 'the audience that access tokens name'),
      ownClients: [required('PAGES_CLIENT_ID', "the client id that Wardline's pages sign in with")],
    },
    requiredProfiles: parseProfiles(env['REQUIRED_PROFILES'] ?? ''),
    telemetry: env['APPLICATIONINSIGHTS_CONNECTION_STRING'],
    managedIdentity: env['AZURE_CLIENT_ID'],
    root: env['AzureWebJobsScriptRoot'] ?? process.cwd(),
    publicOrigin: required('PUBLIC_ORIGIN', 'the origin that callers use'),
  };
}

/** The configuration of this process. */
export const readConfig = (): Config => parseConfig(process.env);

/** `Patient=https://fhir.hl7.org.uk/… Encounter=…`, separated by spaces. */
function parseProfiles(setting: string): Record<string, string[]> {
  const profiles: Record<string, string[]> = {};
  for (const pair of setting.split(/\s+/).filter(Boolean)) {
    const [, type, url] = /^([A-Z][A-Za-z]+)=(https?:\S+)$/.exec(pair) ?? [];
    if (type === undefined || url === undefined)
      throw new Error('Setting REQUIRED_PROFILES should hold Type=URL of a profile, separated by spaces.');
    profiles[type] = [...(profiles[type] ?? []), url];
  }
  return profiles;
}

const isApp = (value: string): value is Config['app'] => (apps as readonly string[]).includes(value);

/** An emulator's connection string in production would send records in clear to whoever listens there. */
function refuseEmulatorInProduction(name: string, connectionString: string, env: Environment): void {
  if (env['NODE_ENV'] === 'production' && /UseDevelopmentEmulator=true|http:\/\//.test(connectionString)) {
    throw new Error(`Setting ${name} points to a development emulator although NODE_ENV is production.`);
  }
}
