/** One kind of record that clinicians name: who writes it, what it looks like, how it is amended and withdrawn. */
export interface RecordKind {
  readonly kind: string;
  readonly type: string;
  /** A demo user whose work it is. */
  readonly author: string;
  /** How the timeline calls it, and by what date. */
  readonly title: string;
  readonly date: string;
  readonly resource: (patient: string) => Record<string, unknown>;
  readonly amended: Record<string, unknown>;
  readonly withdrawn: Record<string, unknown>;
}

const snomed = 'http://snomed.info/sct';
const concept = (code: string, display: string): object => ({
  coding: [{ system: snomed, code, display }],
  text: display,
});
const coded = (system: string, code: string): object => ({
  coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code }],
});
const subject = (patient: string): object => ({ subject: { reference: `Patient/${patient}` } });
const ofPatient = (patient: string): object => ({ patient: { reference: `Patient/${patient}` } });
const ukCore = (name: string): object => ({
  meta: { profile: [`https://fhir.hl7.org.uk/StructureDefinition/UKCore-${name}`] },
});
const inError = { status: 'entered-in-error' };

interface Row {
  readonly author: string;
  readonly title: string;
  readonly date: string;
  readonly content: Record<string, unknown>;
  readonly amended: Record<string, unknown>;
  readonly withdrawn?: Record<string, unknown>;
  readonly about?: (patient: string) => object;
  readonly profile?: string;
}

const kind = (name: string, type: string, row: Row): RecordKind => ({
  kind: name,
  type,
  ...{
    author: row.author,
    title: row.title,
    date: row.date,
    amended: row.amended,
    withdrawn: row.withdrawn ?? inError,
  },
  resource: (patient) => ({
    resourceType: type,
    ...ukCore(row.profile ?? type),
    ...(row.about ?? subject)(patient),
    ...row.content,
  }),
});

/** The eight kinds, each in every type that it is kept in, and alerts, tasks and letters. All by UK Core. */
export const recordKinds: readonly RecordKind[] = [
  kind('encounter', 'Encounter', {
    author: 'ward-clerk.j09',
    title: 'Outpatient review',
    date: '2026-05-02T09:00:00Z',
    content: {
      status: 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
      type: [{ text: 'Outpatient review' }],
      period: { start: '2026-05-02T09:00:00Z', end: '2026-05-02T09:20:00Z' },
    },
    amended: { period: { start: '2026-05-02T09:00:00Z', end: '2026-05-02T09:40:00Z' } },
  }),
  kind('diagnosis', 'Condition', {
    author: 'doctor.j09',
    title: 'Asthma',
    date: '1998',
    content: {
      clinicalStatus: coded('condition-clinical', 'active'),
      verificationStatus: coded('condition-ver-status', 'provisional'),
      code: concept('195967001', 'Asthma'),
      onsetDateTime: '1998',
      recordedDate: '2026-05-03',
    },
    amended: { verificationStatus: coded('condition-ver-status', 'confirmed') },
    // con-5: an entered-in-error condition has no clinical status.
    withdrawn: { verificationStatus: coded('condition-ver-status', 'entered-in-error'), clinicalStatus: undefined },
  }),
  kind('medication', 'MedicationRequest', {
    author: 'doctor.j09',
    title: 'Salbutamol 100 micrograms/dose inhaler',
    date: '2026-05-04T10:00:00Z',
    content: {
      status: 'active',
      intent: 'order',
      medicationCodeableConcept: concept('39113311000001107', 'Salbutamol 100 micrograms/dose inhaler'),
      authoredOn: '2026-05-04T10:00:00Z',
      dosageInstruction: [{ text: 'Two puffs when required' }],
      substitution: { allowedBoolean: false },
    },
    amended: { dosageInstruction: [{ text: 'Two puffs four times a day' }] },
  }),
  kind('medication', 'MedicationStatement', {
    author: 'pharmacist',
    title: 'Paracetamol 500 mg tablets',
    date: '2026-05-05',
    content: {
      status: 'active',
      medicationCodeableConcept: { text: 'Paracetamol 500 mg tablets' },
      effectivePeriod: { start: '2026-05-05' },
      dosage: [{ text: 'As bought' }],
    },
    amended: { dosage: [{ text: 'Two tablets at night' }] },
  }),
  kind('medication', 'MedicationAdministration', {
    author: 'nurse.j09',
    title: 'Amoxicillin 500 mg',
    date: '2026-05-06T08:00:00Z',
    content: {
      status: 'in-progress',
      medicationCodeableConcept: { text: 'Amoxicillin 500 mg' },
      effectiveDateTime: '2026-05-06T08:00:00Z',
    },
    amended: { status: 'completed' },
  }),
  kind('plan', 'CarePlan', {
    author: 'doctor.j09',
    title: 'Asthma action plan',
    date: '2026-05-07',
    content: { status: 'draft', intent: 'plan', title: 'Asthma action plan', period: { start: '2026-05-07' } },
    amended: { status: 'active' },
  }),
  kind('allergy', 'AllergyIntolerance', {
    author: 'doctor.j09',
    title: 'Allergy to penicillin',
    date: '2026-05-08',
    about: ofPatient,
    content: {
      clinicalStatus: coded('allergyintolerance-clinical', 'active'),
      verificationStatus: coded('allergyintolerance-verification', 'unconfirmed'),
      code: concept('91936005', 'Allergy to penicillin'),
      recordedDate: '2026-05-08',
    },
    amended: { verificationStatus: coded('allergyintolerance-verification', 'confirmed') },
    withdrawn: {
      verificationStatus: coded('allergyintolerance-verification', 'entered-in-error'),
      clinicalStatus: undefined,
    },
  }),
  kind('result', 'Observation', {
    author: 'nurse.j09',
    title: 'Peak flow',
    date: '2026-05-09T07:00:00Z',
    content: {
      status: 'final',
      code: { text: 'Peak flow' },
      effectiveDateTime: '2026-05-09T07:00:00Z',
      valueQuantity: { value: 320, unit: 'L/min', system: 'http://unitsofmeasure.org', code: 'L/min' },
    },
    amended: {
      status: 'amended',
      valueQuantity: { value: 380, unit: 'L/min', system: 'http://unitsofmeasure.org', code: 'L/min' },
    },
  }),
  kind('result', 'DiagnosticReport', {
    author: 'doctor.j09',
    title: 'Full blood count',
    date: '2026-05-10T12:00:00Z',
    content: {
      status: 'preliminary',
      code: { text: 'Full blood count' },
      effectiveDateTime: '2026-05-10T12:00:00Z',
      issued: '2026-05-11T12:00:00Z',
    },
    amended: { status: 'final', conclusion: 'Within the normal range' },
  }),
  kind('scan', 'ImagingStudy', {
    author: 'integration',
    title: 'Chest X-ray',
    date: '2026-05-12T15:00:00Z',
    content: { status: 'registered', description: 'Chest X-ray', started: '2026-05-12T15:00:00Z' },
    amended: { status: 'available', numberOfSeries: 1, numberOfInstances: 2 },
  }),
  kind('immunisation', 'Immunization', {
    author: 'nurse.j09',
    title: 'Influenza vaccine',
    date: '2026-05-13',
    about: ofPatient,
    content: {
      status: 'completed',
      vaccineCode: { text: 'Influenza vaccine' },
      occurrenceDateTime: '2026-05-13',
      lotNumber: 'A1',
    },
    amended: { lotNumber: 'A2' },
  }),
  kind('procedure', 'Procedure', {
    author: 'doctor.j09',
    title: 'Bronchoscopy',
    date: '2026-05-14',
    content: { status: 'in-progress', code: { text: 'Bronchoscopy' }, performedDateTime: '2026-05-14' },
    amended: { status: 'completed' },
  }),
  kind('alert', 'Flag', {
    author: 'nurse.j09',
    title: 'Falls risk',
    date: '2026-05-15',
    content: { status: 'active', code: { text: 'Falls risk' }, period: { start: '2026-05-15' } },
    amended: { status: 'inactive', period: { start: '2026-05-15', end: '2026-05-20' } },
  }),
  kind('task', 'Task', {
    author: 'nurse.j09',
    title: 'Ring the family',
    date: '2026-05-16T10:00:00Z',
    about: (patient) => ({ for: { reference: `Patient/${patient}` } }),
    content: {
      status: 'requested',
      intent: 'order',
      description: 'Ring the family',
      authoredOn: '2026-05-16T10:00:00Z',
    },
    amended: { status: 'completed' },
  }),
  kind('letter', 'DocumentReference', {
    author: 'doctor.j09',
    title: 'Discharge letter',
    date: '2026-05-17T16:00:00Z',
    content: {
      status: 'current',
      docStatus: 'preliminary',
      description: 'Discharge letter',
      date: '2026-05-17T16:00:00Z',
      content: [{ attachment: { contentType: 'text/plain', data: Buffer.from('Dear Dr').toString('base64') } }],
    },
    amended: { docStatus: 'final' },
  }),
];
