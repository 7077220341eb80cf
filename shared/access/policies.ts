import type { Role } from '../context.ts';

/** What a route asks for. Every route names one; `public` asks for nothing and may show nothing. */
export type Policy =
  | 'public'
  | 'record:read'
  | 'record:search'
  | 'record:write'
  /** Saying that two patients are one person, and taking that back. */
  | 'record:merge'
  | 'form:read'
  | 'form:submit'
  /** Filing what was accepted: no route names it, only the function behind the intake queue. */
  | 'form:file'
  | 'board:read'
  | 'audit:read'
  /** Emergency access to a patient without relationship, or in spite of a restriction; reviewed afterwards. */
  | 'access:emergency'
  /** Who saw a patient's record, in plain words. */
  | 'disclosure:read'
  /** Why one may see a patient, or not. */
  | 'access:explain'
  /** Erasing a patient's record takes two people: one asks, another agrees. */
  | 'erasure:request'
  | 'erasure:approve'
  | 'erasure:read'
  | 'operations:run'
  | 'operations:approve';

const clinical: readonly Policy[] = [
  ...(['record:read', 'record:search', 'record:write', 'form:read', 'form:submit', 'form:file', 'board:read'] as const),
  ...(['access:emergency', 'access:explain'] as const),
];

/** What each role may do at all. Whether it may do it to this patient is decided by team and relationship. */
export const rolePolicies: Readonly<Record<Role, readonly Policy[]>> = {
  nurse: clinical,
  doctor: clinical,
  pharmacist: ['record:read', 'record:search', 'record:write', 'form:read', 'board:read', 'access:explain'],
  'ward-clerk': ['record:read', 'record:search', 'record:write', 'record:merge', 'board:read', 'access:explain'],
  'privacy-officer': ['audit:read', 'disclosure:read', 'erasure:request', 'erasure:approve', 'erasure:read'],
  auditor: ['audit:read'],
  operations: ['operations:run', 'operations:approve', 'erasure:approve', 'erasure:read'],
  'bed-management': ['record:read', 'record:write'],
  integration: ['record:read', 'record:search', 'record:write', 'record:merge', 'form:read'],
  'board-device': ['board:read'],
  patient: ['record:read', 'record:search', 'disclosure:read'],
};

/** What asks for a second factor at sign-in: it changes what others may do or takes a record away, or shows what they did. */
export const privileged: ReadonlySet<Policy> = new Set([
  ...(['audit:read', 'operations:run', 'operations:approve'] as const),
  ...(['erasure:request', 'erasure:approve', 'erasure:read'] as const),
]);

/** Types that a role may change; a role that is not here may change any. */
export const writableTypes: Readonly<Partial<Record<Role, readonly string[]>>> = {
  nurse: [
    ...['Observation', 'QuestionnaireResponse', 'Task', 'Flag', 'Communication'],
    ...['Immunization', 'MedicationAdministration'],
  ],
  doctor: [
    ...['Observation', 'QuestionnaireResponse', 'Task', 'Flag', 'Communication', 'Condition', 'AllergyIntolerance'],
    ...['ServiceRequest', 'MedicationRequest', 'MedicationStatement', 'MedicationAdministration', 'Procedure'],
    ...['CarePlan', 'DiagnosticReport', 'Immunization', 'Goal', 'CareTeam', 'DocumentReference', 'Binary'],
  ],
  pharmacist: ['MedicationRequest', 'MedicationDispense', 'MedicationStatement', 'AllergyIntolerance', 'Task'],
  'ward-clerk': ['Patient', 'Encounter', 'Appointment', 'RelatedPerson', 'DocumentReference', 'Binary'],
  'bed-management': ['Encounter'],
};

/** Types about nobody that everybody sees who sees a patient: where they are, and who and what for. */
export const forEverybody: ReadonlySet<string> = new Set(
  'HealthcareService Location Medication Organization Practitioner PractitionerRole Questionnaire'.split(' '),
);
