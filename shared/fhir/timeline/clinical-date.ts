import { type DateRange, dateRange } from '../date-range.ts';
import type { FhirResource } from '../resource.ts';
import { textAt } from './element.ts';

/**
 * Where a resource says when what it tells of happened, the best first. When it was written down comes last: a result
 * that came in today may be last week's.
 */
const places: Readonly<Record<string, readonly string[]>> = {
  AdverseEvent: ['date', 'detected', 'recordedDate'],
  AllergyIntolerance: ['onsetDateTime', 'onsetPeriod.start', 'recordedDate', 'lastOccurrence'],
  Appointment: ['start', 'requestedPeriod.start', 'created'],
  CarePlan: ['period.start', 'created', 'period.end'],
  ChargeItem: ['occurrenceDateTime', 'occurrencePeriod.start', 'enteredDate'],
  ClinicalImpression: ['effectiveDateTime', 'effectivePeriod.start', 'date'],
  Communication: ['sent', 'received'],
  CommunicationRequest: ['occurrenceDateTime', 'occurrencePeriod.start', 'authoredOn'],
  Composition: ['date'],
  Condition: ['onsetDateTime', 'onsetPeriod.start', 'recordedDate', 'abatementDateTime'],
  DetectedIssue: ['identifiedDateTime', 'identifiedPeriod.start'],
  DeviceRequest: ['occurrenceDateTime', 'occurrencePeriod.start', 'authoredOn'],
  DiagnosticReport: ['effectiveDateTime', 'effectivePeriod.start', 'issued', 'effectivePeriod.end'],
  DocumentReference: ['date', 'context.period.start', 'content.attachment.creation'],
  Encounter: ['period.start', 'period.end'],
  EpisodeOfCare: ['period.start'],
  FamilyMemberHistory: ['date'],
  Flag: ['period.start', 'period.end'],
  Goal: ['startDate', 'statusDate'],
  ImagingStudy: ['started', 'series.started'],
  Immunization: ['occurrenceDateTime', 'recorded'],
  ImmunizationRecommendation: ['date'],
  Media: ['createdDateTime', 'createdPeriod.start', 'issued'],
  MedicationAdministration: ['effectiveDateTime', 'effectivePeriod.start'],
  MedicationDispense: ['whenHandedOver', 'whenPrepared'],
  MedicationRequest: ['authoredOn', 'dosageInstruction.timing.event'],
  MedicationStatement: ['effectiveDateTime', 'effectivePeriod.start', 'dateAsserted'],
  NutritionOrder: ['dateTime'],
  Observation: ['effectiveDateTime', 'effectiveInstant', 'effectivePeriod.start', 'effectiveTiming.event', 'issued'],
  Procedure: ['performedDateTime', 'performedPeriod.start', 'performedPeriod.end'],
  QuestionnaireResponse: ['authored'],
  RequestGroup: ['authoredOn'],
  RiskAssessment: ['occurrenceDateTime', 'occurrencePeriod.start'],
  ServiceRequest: ['occurrenceDateTime', 'occurrencePeriod.start', 'authoredOn'],
  Specimen: ['collection.collectedDateTime', 'collection.collectedPeriod.start', 'receivedTime'],
  Task: ['executionPeriod.start', 'authoredOn', 'lastModified'],
  VisionPrescription: ['dateWritten', 'created'],
};

const placesOf = ({ resourceType }: FhirResource): readonly string[] =>
  Object.hasOwn(places, resourceType) ? (places[resourceType] ?? []) : [];

/** The FHIR date that a clinician would file the resource under, as it was written; undefined: it has none. */
export const clinicalDate = (resource: FhirResource): string | undefined => textAt(resource, placesOf(resource));

/** From when to when the care was that a resource tells of: what has begun and not ended lasts. Undefined: undated. */
export function careSpan(resource: FhirResource): DateRange | undefined {
  const place = placesOf(resource).find((path) => textAt(resource, [path]) !== undefined);
  if (place === undefined) return undefined;
  const begun = dateRange(textAt(resource, [place]) ?? '');
  if (begun === undefined || !place.endsWith('.start')) return begun;
  const end = textAt(resource, [place.replace(/start$/, 'end')]);
  return { from: begun.from, to: end === undefined ? Number.POSITIVE_INFINITY : (dateRange(end)?.to ?? begun.to) };
}
