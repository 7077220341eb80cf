import type { FhirResource } from '../fhir/index.ts';
import type { AuditEntry, EntryFacts } from './entry.ts';

/** What another system's AuditEvent says that an entry may hold: codes, times and ids, no text. */
export interface ReportedEvent extends Omit<EntryFacts, 'trust' | 'patients' | 'outcome'> {
  readonly outcome: AuditEntry['outcome'];
  /** Ids of the patients as the other system knows them. */
  readonly patientIds: readonly string[];
}

const code = /^[\w.:-]{1,64}$/;
const agentId = /^[\w.@:-]{1,100}$/;
const reference = /^([A-Z][A-Za-z]{1,40})\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/([A-Za-z0-9\-.]{1,64}))?$/;

/**
 * Reads a valid AuditEvent (http://hl7.org/fhir/R4/auditevent.html). Descriptions, names and queries are left out: they
 * may hold what an audit trail must not.
 */
export function fromFhir(event: FhirResource): ReportedEvent {
  const agents = list(event['agent']);
  const agent = agents.find((one) => field(one, 'requestor') === true) ?? agents[0];
  const named = [
    field(field(field(agent, 'who'), 'identifier'), 'value'),
    field(agent, 'altId'),
    field(field(agent, 'who'), 'reference'),
  ].find((one): one is string => typeof one === 'string' && agentId.test(one));
  const references = list(event['entity'])
    .map((entity) => reference.exec(String(field(field(entity, 'what'), 'reference') ?? '')))
    .filter((match) => match !== null)
    .map(([, type = '', id = '', versionId]) => ({ type, id, ...(versionId === undefined ? {} : { versionId }) }));
  const subtype = [field(list(event['subtype'])[0], 'code'), field(event['type'], 'code')].find(
    (one): one is string => typeof one === 'string' && code.test(one),
  );
  return {
    subtype: subtype ?? 'reported',
    action: actions.find((one) => one === event['action']) ?? 'E',
    outcome: outcomes.find((one) => one === event['outcome']) ?? '0',
    reported: { recorded: String(event['recorded']), ...(named === undefined ? {} : { agent: named }) },
    patientIds: [...new Set(references.filter(({ type }) => type === 'Patient').map(({ id }) => id))],
    entities: references.filter(({ type }) => type !== 'Patient'),
  };
}

const actions = ['C', 'R', 'U', 'D', 'E'] as const;
const outcomes = ['0', '4', '8', '12'] as const;

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
