import type { AuditEntry } from './entry.ts';

/** That somebody saw or changed a patient's record, or tried to, as one can tell the patient. */
export interface Disclosure {
  /** Id of the AuditEvent. */
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly who: { readonly role: string; readonly organisation: string };
  readonly what: string;
  readonly why: string;
  readonly allowed: boolean;
  /** All of it in a sentence. */
  readonly text: string;
}

const roles: Readonly<Record<string, string>> = {
  nurse: 'a nurse',
  doctor: 'a doctor',
  pharmacist: 'a pharmacist',
  'ward-clerk': 'a ward clerk',
  'privacy-officer': 'a privacy officer',
  auditor: 'an auditor',
  operations: 'a member of the technical staff',
  'bed-management': 'the bed management system',
  integration: 'another system of the hospital',
  'board-device': 'the board on the wall of your ward',
  patient: 'you',
};

const things: Readonly<Record<string, string>> = {
  AllergyIntolerance: 'your allergies',
  Appointment: 'your appointments',
  Binary: 'your letters',
  CarePlan: 'your care plans',
  Communication: 'messages about you',
  Condition: 'your diagnoses',
  Consent: 'what you agreed or objected to',
  DiagnosticReport: 'your test reports',
  DocumentReference: 'your letters',
  Encounter: 'your stays and visits',
  Flag: 'your alerts',
  ImagingStudy: 'your scans',
  Immunization: 'your vaccinations',
  MedicationAdministration: 'your medicines',
  MedicationRequest: 'your medicines',
  MedicationStatement: 'your medicines',
  Observation: 'your measurements and results',
  Patient: 'your name, address and other details',
  Procedure: 'your operations and treatments',
  QuestionnaireResponse: 'forms about you',
  ServiceRequest: 'your referrals and requests',
  Task: 'tasks about you',
};

const acts: Readonly<Record<AuditEntry['action'], readonly [done: string, tried: string]>> = {
  C: ['added to', 'add to'],
  R: ['looked at', 'look at'],
  U: ['changed', 'change'],
  D: ['deleted from', 'delete from'],
  E: ['worked with', 'work with'],
};

/** Acts that are about the record as a whole. */
const special: Readonly<Record<string, readonly [done: string, tried: string, what: string]>> = {
  'access-explain': ['looked up', 'look up', 'who may see your record'],
  'audit-read': ['looked up', 'look up', 'who saw your record'],
  disclosures: ['looked up', 'look up', 'who saw your record'],
  'emergency-access': ['opened', 'open', 'your whole record'],
  everything: ['looked at', 'look at', 'your whole record'],
  match: ['compared', 'compare', 'your name and other details with those of somebody who was looked for'],
  timeline: ['looked at', 'look at', 'the timeline of your record'],
};

/** What an act was for, by the policy of the route that was used. */
function purposeOf({ policy, subtype, agent }: AuditEntry): string {
  if (subtype === 'emergency-access') return 'in an emergency, which a privacy officer looks at afterwards';
  if (agent.role === 'patient') return 'as it is your own record';
  if (/^(audit|access|disclosure):/.test(policy)) return 'to check who had access to your record';
  if (policy.startsWith('board:')) return 'to show who is on the ward';
  return agent.kind === 'system' ? 'to keep the systems of the hospital in step' : 'to care for you';
}

const clock = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'Europe/London',
});

/** An entry as one tells a patient about it; times are those of the United Kingdom in the sentence. */
export function inPlainWords(entry: AuditEntry): Disclosure {
  const allowed = entry.outcome === '0';
  const role = roles[entry.agent.role] ?? 'somebody';
  const types = [...new Set(entry.entities.map(({ type }) => things[type] ?? 'your record'))];
  const [done, tried, what] = special[entry.subtype] ?? [...acts[entry.action], wordsFor(types)];
  const why = purposeOf(entry);
  const act = allowed ? done : `tried to ${tried}`;
  const by = role === 'you' ? 'you' : `${role} of ${entry.agent.trust}`;
  const refused = allowed ? '' : ' and was refused';
  return {
    id: entry.id,
    at: entry.recorded,
    who: { role, organisation: entry.agent.trust },
    what,
    why,
    allowed,
    text: `On ${clock.format(new Date(entry.recorded))}, ${by} ${act} ${what}, ${why}${refused}.`,
  };
}

const wordsFor = (types: readonly string[]): string =>
  types.length === 0 ? 'your record' : types.length > 3 ? 'several parts of your record' : types.join(' and ');
