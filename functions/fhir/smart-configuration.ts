import type { IssuerFacts } from '../../shared/access/index.ts';
import { WardlineError } from '../../shared/errors.ts';

/** Scopes for resources that are understood here, and what else of them can be asked for by the same grammar. */
const scopes = ['patient/*.cruds', 'user/*.cruds', 'system/*.cruds'] as const;
/** What is Wardline's own part of SMART App Launch; signing in and launching are the issuer's. */
const permissions = ['permission-v1', 'permission-v2', 'permission-patient', 'permission-user'] as const;
/** An issuer may be able to do more than an app should: the implicit flow puts tokens into addresses (RFC 9700, 2.1.2). */
const implicit = 'implicit';

/**
 * How apps sign in and what they can ask for (SMART App Launch 2.2,
 * https://hl7.org/fhir/smart-app-launch/conformance.html).
 * @throws WardlineError `unavailable` where the issuer does not say where that is
 */
export function smartConfiguration(issuer: IssuerFacts): object {
  const { authorize, token } = endpointsOf(issuer);
  return {
    issuer: issuer.issuer,
    jwks_uri: issuer.keys,
    authorization_endpoint: authorize,
    token_endpoint: token,
    token_endpoint_auth_methods_supported: issuer.clientAuthentication,
    ...(issuer.clientAlgorithms.length === 0
      ? {}
      : { token_endpoint_auth_signing_alg_values_supported: issuer.clientAlgorithms }),
    grant_types_supported: issuer.grantTypes.filter((one) => one !== implicit),
    response_types_supported: issuer.responseTypes.filter((one) => one === 'code'),
    scopes_supported: [...new Set([...issuer.scopes, ...scopes])],
    // 2.1.3 of SMART App Launch: S256, and never plain.
    code_challenge_methods_supported: issuer.challengeMethods.filter((one) => one !== 'plain'),
    capabilities: [...new Set([...issuer.capabilities, ...permissions])],
  };
}

/** `rest.security` of the CapabilityStatement: the same facts as an older app looks for them. */
export function securityOf(issuer: IssuerFacts): object {
  const { authorize, token } = endpointsOf(issuer);
  return {
    service: [
      {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' },
          { system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'OAuth' },
        ],
      },
    ],
    extension: [
      {
        url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
        extension: [
          { url: 'authorize', valueUri: authorize },
          { url: 'token', valueUri: token },
        ],
      },
    ],
  };
}

function endpointsOf({ authorizationEndpoint, tokenEndpoint }: IssuerFacts): { authorize: string; token: string } {
  if (authorizationEndpoint === undefined || tokenEndpoint === undefined)
    throw new WardlineError('unavailable', 'The identity provider does not say where apps sign in.');
  return { authorize: authorizationEndpoint, token: tokenEndpoint };
}
