/** An app that people launch with their own sign-in (SMART App Launch 2.2, public client). */
export interface SmartApp {
  readonly id: string;
  readonly name: string;
  /** Of this machine any port will do (RFC 8252, 7.3), so that an app can be developed wherever its tools put it. */
  readonly redirectUris: readonly string[];
  /** `*`: all. */
  readonly origins: readonly string[];
}

/** A system without a user (SMART Backend Services): it proves who it is with a key of its own (RFC 7523). */
export interface BackendService {
  readonly id: string;
  /** The user whose claims its tokens carry; one of kind `system`. */
  readonly user: string;
  /** Public keys (RFC 7517). */
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
}

/** Apps, and the FHIR servers that their tokens may be for (parameter `aud`). */
export interface SmartOptions {
  readonly apps: readonly SmartApp[];
  readonly services?: readonly BackendService[];
  readonly audiences: readonly string[];
}

/** What `capabilities` of SMART App Launch an identity provider has part in. */
export const capabilities = [
  ...['launch-standalone', 'launch-ehr', 'client-public', 'client-confidential-asymmetric', 'authorize-post'],
  ...['context-standalone-patient', 'context-ehr-patient', 'context-banner'],
] as const;

const resourceScope = /^(patient|user|system)\//;
const ofSystems = /^system\//;
const wellFormed = /^(patient|user|system)\/(\*|[A-Z][A-Za-z]+)\.(read|write|\*|(?=.)c?r?u?d?s?)$/;

/** Whether a scope is for resources, so that the FHIR server has to understand it. */
export const isResourceScope = (scope: string): boolean => resourceScope.test(scope);

/**
 * What is wrong with the scopes that an app asks for; undefined: nothing. A search constraint (`?category=`) cannot be held to, and
 * what cannot be held to is not granted.
 */
export function problemOf(
  scopes: readonly string[],
  client: { readonly launched: boolean; readonly service: boolean },
): { scope: string; detail: string } | undefined {
  for (const scope of scopes.filter(isResourceScope)) {
    if (!wellFormed.test(scope))
      return {
        scope,
        detail: 'scopes for resources are like patient/Observation.rs or user/*.cruds, without constraints',
      };
    if (ofSystems.test(scope) !== client.service)
      return { scope, detail: 'scopes of systems are for backend services, the others for apps that somebody uses' };
    if (scope.startsWith('patient/') && !client.launched)
      return { scope, detail: 'scopes for one patient need the scope launch/patient, or launch with its parameter' };
  }
  return undefined;
}
