import type { SmartApp } from './identity/smart-app.ts';
import type { LocalUser } from './identity/users.ts';
import type { EmulatorConfig } from './service-bus/index.ts';

/** Where everything answers; written to `<state>/endpoints.json` when all is ready. */
export interface Endpoints {
  readonly functions: string;
  readonly cosmos: { readonly endpoint: string; readonly key: string };
  readonly serviceBus: { readonly connectionString: string; readonly administration: string };
  readonly eventGrid: Readonly<Record<'in' | 'out', { readonly endpoint: string; readonly key: string }>>;
  readonly webPubSub: { readonly connectionString: string; readonly hub: string };
  readonly blobs: { readonly connectionString: string };
  readonly keyVault: { readonly endpoint: string };
  readonly identity: { readonly issuer: string };
  readonly telemetry: { readonly endpoint: string };
}

/** An Event Grid topic, and where its events go. */
export interface TopicDefinition {
  readonly name: string;
  /** CloudEvents unless said otherwise. */
  readonly inputSchema?: 'CloudEventSchemaV1_0' | 'EventGridSchema';
  readonly subscriptions: readonly {
    readonly name: string;
    /** The app's function that gets the events; without one, `properties.destination` names an endpoint. */
    readonly function?: string;
    /** Blob container for what cannot be delivered. */
    readonly deadLetterContainer?: string;
    /** Filter, retry policy, batches: as Azure Resource Manager writes an event subscription's properties. */
    readonly properties?: Readonly<Record<string, unknown>>;
  }[];
}

/** What an application needs of Azure. The only thing that the local Azure is told about it. */
export interface AzureDefinition {
  /** Folder of the functions app. */
  readonly app: string;
  readonly cosmos: {
    readonly database: string;
    readonly containers: readonly ({ readonly id: string } & Readonly<Record<string, unknown>>)[];
  };
  readonly serviceBus: EmulatorConfig;
  readonly eventGrid: Readonly<Record<'in' | 'out', TopicDefinition>>;
  readonly hubs: readonly string[];
  readonly blobContainers: readonly string[];
  /** Those of them whose blobs nobody changes, or deletes before so many days are over. */
  readonly immutableFor?: Readonly<Record<string, number>>;
  readonly vaultKeys: readonly string[];
  readonly identity: {
    readonly users: readonly LocalUser[];
    readonly audience: string;
    readonly clientId: string;
    readonly callback: string;
    /** Apps that people launch (SMART App Launch), and the paths of the FHIR servers that they may be for. */
    readonly smart?: { readonly apps: readonly SmartApp[]; readonly audiences: readonly string[] };
  };
  /** Paths of the app's probes: 200 when it may be used, and when it runs at all. */
  readonly ready: string;
  readonly alive: string;
  /** Script (and arguments) that fills an empty system; gets WARDLINE_STATE and may rely on `seed-endpoints.json`. */
  readonly seed: readonly string[];
  settings(endpoints: Endpoints): Record<string, string>;
  howToSignIn(endpoints: Endpoints): string[];
}
