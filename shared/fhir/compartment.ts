import table from './generated/patient-compartment.json' with { type: 'json' };
import type { FhirResource } from './resource.ts';

/**
 * The one element of each type that names the patient in whose compartment a resource lives
 * (http://hl7.org/fhir/R4/compartmentdefinition-patient.html; where that lists several, the one the record is about).
 * Types that are not here belong to the trust.
 */
export const compartmentElement: Readonly<Record<string, string>> = {
  Account: 'subject',
  AdverseEvent: 'subject',
  AllergyIntolerance: 'patient',
  Appointment: 'participant',
  Basic: 'subject',
  Binary: 'securityContext',
  BodyStructure: 'patient',
  CarePlan: 'subject',
  CareTeam: 'subject',
  ChargeItem: 'subject',
  Claim: 'patient',
  ClaimResponse: 'patient',
  ClinicalImpression: 'subject',
  Communication: 'subject',
  CommunicationRequest: 'subject',
  Composition: 'subject',
  Condition: 'subject',
  Consent: 'patient',
  Coverage: 'beneficiary',
  CoverageEligibilityRequest: 'patient',
  CoverageEligibilityResponse: 'patient',
  DetectedIssue: 'patient',
  DeviceRequest: 'subject',
  DeviceUseStatement: 'subject',
  DiagnosticReport: 'subject',
  DocumentManifest: 'subject',
  DocumentReference: 'subject',
  Encounter: 'subject',
  EpisodeOfCare: 'patient',
  ExplanationOfBenefit: 'patient',
  FamilyMemberHistory: 'patient',
  Flag: 'subject',
  Goal: 'subject',
  GuidanceResponse: 'subject',
  ImagingStudy: 'subject',
  Immunization: 'patient',
  ImmunizationEvaluation: 'patient',
  ImmunizationRecommendation: 'patient',
  Invoice: 'subject',
  List: 'subject',
  MeasureReport: 'subject',
  Media: 'subject',
  MedicationAdministration: 'subject',
  MedicationDispense: 'subject',
  MedicationRequest: 'subject',
  MedicationStatement: 'subject',
  MolecularSequence: 'patient',
  NutritionOrder: 'patient',
  Observation: 'subject',
  Procedure: 'subject',
  QuestionnaireResponse: 'subject',
  RelatedPerson: 'patient',
  RequestGroup: 'subject',
  RiskAssessment: 'subject',
  ServiceRequest: 'subject',
  Specimen: 'subject',
  SupplyDelivery: 'patient',
  SupplyRequest: 'deliverTo',
  Task: 'for',
  VisionPrescription: 'patient',
};

/**
 * The reference by which a resource names its patient: `Patient/…`, an absolute URL of one, or `urn:uuid:…`. Undefined:
 * it names none (a Group, a Device, a display text), and then belongs to the trust.
 */
export function patientReferenceOf(resource: FhirResource): string | undefined {
  const element = compartmentElement[resource.resourceType];
  const value = element === undefined ? undefined : resource[element];
  const candidates = (Array.isArray(value) ? value : [value]).map(referenceIn);
  return candidates.find(
    (reference) => reference !== undefined && (/(^|\/)Patient\/[^/]+/.test(reference) || reference.startsWith('urn:')),
  );
}

/** A Reference, or an element with an `actor` (Appointment.participant). */
function referenceIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('reference' in value && typeof value.reference === 'string') return value.reference;
  return 'actor' in value ? referenceIn(value.actor) : undefined;
}

const rows = table as Readonly<Record<string, readonly string[] | undefined>>;

/**
 * The search parameters by which resources of a type are in a patient's compartment as FHIR defines it: the one that
 * they lie by here comes first. Undefined: none are.
 */
export function compartmentParameters(type: string): readonly string[] | undefined {
  const parameters = Object.hasOwn(rows, type) ? rows[type] : undefined;
  const element = compartmentElement[type];
  return parameters?.toSorted((a, b) => Number(b === element) - Number(a === element));
}
