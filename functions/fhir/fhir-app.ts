import type { Config } from '../../shared/config.ts';
import type { App } from '../app.ts';

/** What of the application the FHIR API uses. */
export type FhirApp = Pick<App, 'records' | 'keyring' | 'clock' | 'http' | 'validateResource'> & {
  readonly access: Pick<App['access'], 'signIn' | 'require'>;
  readonly config: Pick<Config, 'publicOrigin'>;
};
