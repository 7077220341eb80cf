import type { FhirResource } from '../fhir/index.ts';
import type { AuditEntry } from './entry.ts';

const interactions = 'http://hl7.org/fhir/restful-interaction';
const participants = 'http://terminology.hl7.org/CodeSystem/extra-security-role-type';
const own = 'https://wardline.nhs.uk/audit-subtype';
/** http://hl7.org/fhir/R4/valueset-type-restful-interaction.html */
const restful = new Set(['read', 'vread', 'update', 'delete', 'history', 'create', 'search', 'transaction']);

/** An entry as FHIR tells it (http://hl7.org/fhir/R4/auditevent.html, IHE Basic Audit Log Patterns): ids only. */
export const toFhir = (entry: AuditEntry): FhirResource =>
  ({
    resourceType: 'AuditEvent',
    id: entry.id,
    meta: { versionId: '1', lastUpdated: entry.recorded },
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
    subtype: [{ system: restful.has(entry.subtype) ? interactions : own, code: entry.subtype }],
    action: entry.action,
    recorded: entry.recorded,
    outcome: entry.outcome,
    ...(entry.reason === undefined ? {} : { outcomeDesc: entry.reason }),
    ...(entry.reported === undefined ? {} : { period: { start: entry.reported.recorded } }),
    agent: agentsOf(entry),
    source: {
      observer: { identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: entry.trust } },
    },
    entity: [
      ...entry.patients.map((patient) => ({
        what: { reference: `Patient/${patient}` },
        type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '1' },
        role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '1' },
      })),
      ...entry.entities
        .filter(({ type, id }) => type !== 'Patient' || !entry.patients.includes(id))
        .map(({ type, id, versionId }) => ({
          what: { reference: `${type}/${id}${versionId === undefined ? '' : `/_history/${versionId}`}` },
          type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '2' },
        })),
      ...(entry.parameters ?? []).map((name) => ({
        name,
        type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '2' },
        role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '24' },
      })),
      {
        what: { identifier: { system: 'https://www.w3.org/TR/trace-context', value: entry.traceparent } },
        type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '4' },
      },
    ],
  }) as unknown as FhirResource;

/** Who asked for it: the caller; of what another system tells, whoever that one names, and then the system itself. */
function agentsOf({ agent, policy, reported }: AuditEntry): object[] {
  const directory = `https://wardline.nhs.uk/directory/${agent.trust}`;
  const caller = {
    type: {
      coding: [
        {
          system: participants,
          code: agent.kind === 'staff' || agent.kind === 'patient' ? 'humanuser' : 'dataprocessor',
        },
      ],
    },
    role: [{ coding: [{ system: 'https://wardline.nhs.uk/role', code: agent.role }] }],
    who: { identifier: { system: directory, value: agent.id } },
    requestor: reported?.agent === undefined,
    policy: [policy],
  };
  const app = agent.app === undefined ? [] : [appOf(agent.app)];
  if (reported?.agent === undefined) return [caller, ...app];
  return [
    { who: { identifier: { system: `${directory}/${agent.id}`, value: reported.agent } }, requestor: true },
    caller,
    ...app,
  ];
}

/** IHE Basic Audit Log Patterns, "OAUTHaccessTokenUse": the client that a token was issued to. */
const appOf = (client: string): object => ({
  type: {
    coding: [{ system: 'http://dicom.nema.org/resources/ontology/DCM', code: '110150', display: 'Application' }],
  },
  who: { identifier: { system: 'https://wardline.nhs.uk/client', value: client } },
  requestor: false,
});
