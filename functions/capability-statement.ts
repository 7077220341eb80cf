import { resourceTypes, searchableParameters } from '../shared/fhir/index.ts';

const interactions = ['read', 'vread', 'update', 'delete', 'history-instance', 'create', 'search-type'];
/** The trail is written by what happens, never from outside. */
const ofAuditEvents = ['search-type'];

/**
 * What the server can do, from the tables that it works by (http://hl7.org/fhir/R4/capabilitystatement.html).
 * @param url the base of the FHIR API
 */
export const capabilityStatement = (url: string, now: Date): object => ({
  resourceType: 'CapabilityStatement',
  status: 'active',
  date: now.toISOString(),
  kind: 'instance',
  fhirVersion: '4.0.1',
  format: ['application/fhir+json'],
  implementation: { description: 'Wardline', url },
  rest: [
    {
      mode: 'server',
      security: {
        service: [
          {
            coding: [{ system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'OAuth' }],
          },
        ],
      },
      interaction: [{ code: 'transaction' }],
      resource: resourceTypes.map((type) => ({
        type,
        versioning: 'versioned-update',
        readHistory: true,
        updateCreate: type !== 'AuditEvent',
        interaction: (type === 'AuditEvent' ? ofAuditEvents : interactions).map((code) => ({ code })),
        searchParam: searchableParameters(type).map(({ code, type: kind }) => ({ name: code, type: kind })),
      })),
    },
  ],
});
