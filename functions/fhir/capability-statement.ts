import { parametersOf, referencesOf, resourceTypes } from '../../shared/fhir/index.ts';

const interactions = [
  'read',
  'vread',
  'update',
  'patch',
  'delete',
  'history-instance',
  'history-type',
  'create',
  'search-type',
];
/** The trail is written by what happens, never changed. */
const ofAuditEvents = ['search-type'];
/** http://hl7.org/fhir/R4/operations.html */
const definition = (name: string): string => `http://hl7.org/fhir/OperationDefinition/${name}`;

const resourceOf = (type: string): object => {
  const trail = type === 'AuditEvent';
  const operations = [
    { name: 'validate', definition: definition('Resource-validate') },
    ...(type === 'Patient'
      ? [
          { name: 'everything', definition: definition('Patient-everything') },
          { name: 'merge', definition: definition('Patient-merge') },
          { name: 'unmerge', definition: 'https://wardline.nhs.uk/OperationDefinition/Patient-unmerge' },
          { name: 'match', definition: definition('Patient-match') },
        ]
      : []),
  ];
  return {
    type,
    versioning: 'versioned-update',
    readHistory: true,
    updateCreate: !trail,
    ...(trail
      ? {}
      : {
          conditionalCreate: true,
          conditionalRead: 'full-support',
          conditionalUpdate: true,
          conditionalDelete: 'single',
          referencePolicy: ['literal', 'logical', 'local'],
        }),
    interaction: (trail ? ofAuditEvents : interactions).map((code) => ({ code })),
    searchInclude: referencesOf(type).map(({ code }) => `${type}:${code}`),
    searchParam: [...parametersOf(type).values()].map(({ code, type: kind }) => ({ name: code, type: kind })),
    operation: operations,
  };
};

/**
 * What the server can do, from the tables that it works by (http://hl7.org/fhir/R4/capabilitystatement.html).
 * @param url the base of the FHIR API
 * @param security how its callers sign in
 */
export const capabilityStatement = (url: string, now: Date, security: object): object => ({
  resourceType: 'CapabilityStatement',
  status: 'active',
  date: now.toISOString(),
  kind: 'instance',
  fhirVersion: '4.0.1',
  format: ['application/fhir+json'],
  patchFormat: ['application/json-patch+json', 'application/fhir+json'],
  implementation: { description: 'Wardline', url },
  rest: [
    {
      mode: 'server',
      security,
      interaction: [{ code: 'transaction' }, { code: 'batch' }, { code: 'history-system' }],
      compartment: ['http://hl7.org/fhir/CompartmentDefinition/patient'],
      resource: resourceTypes.map(resourceOf),
    },
  ],
});
