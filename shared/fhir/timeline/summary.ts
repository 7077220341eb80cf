import type { FhirResource } from '../resource.ts';
import { elementAt, itemsOf, textAt } from './element.ts';

/** Elements that name a resource, the best first; a CodeableConcept is named by its text, else by its first code. */
const names: Readonly<Record<string, readonly string[]>> = {
  AllergyIntolerance: ['code'],
  CarePlan: ['title', 'category', 'description'],
  Condition: ['code'],
  DiagnosticReport: ['code'],
  DocumentReference: ['description', 'type', 'content.attachment.title', 'category'],
  Encounter: ['type', 'serviceType'],
  Flag: ['code'],
  ImagingStudy: ['description', 'procedureCode', 'modality'],
  Immunization: ['vaccineCode'],
  MedicationAdministration: ['medicationCodeableConcept', 'medicationReference'],
  MedicationDispense: ['medicationCodeableConcept', 'medicationReference'],
  MedicationRequest: ['medicationCodeableConcept', 'medicationReference'],
  MedicationStatement: ['medicationCodeableConcept', 'medicationReference'],
  Observation: ['code'],
  Procedure: ['code'],
  Task: ['description', 'code'],
};
const wordsOfConcept = ['text', 'coding.display', 'display', 'coding.code', 'code'];

const nameIn = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : textAt(value, wordsOfConcept);

/** What a line about the resource is headed with: its own words, else its type. */
export function titleOf(resource: FhirResource): string {
  for (const path of names[resource.resourceType] ?? []) {
    const name = nameIn(elementAt(resource, path));
    if (name !== undefined && name !== '') return name;
  }
  return encounterClasses[textAt(resource, ['class.code']) ?? ''] ?? resource.resourceType;
}

/** http://hl7.org/fhir/R4/v3/ActEncounterCode/vs.html, in the words of a ward. */
const encounterClasses: Readonly<Record<string, string>> = {
  ACUTE: 'Acute inpatient stay',
  AMB: 'Outpatient contact',
  EMER: 'Emergency attendance',
  FLD: 'Contact in the field',
  HH: 'Contact at home',
  IMP: 'Inpatient stay',
  NONAC: 'Non-acute inpatient stay',
  OBSENC: 'Stay for observation',
  PRENC: 'Pre-admission contact',
  SS: 'Short stay',
  VR: 'Virtual contact',
};

/** The clinical status where there is one, else the workflow's. */
export const statusOf = (resource: FhirResource): string | undefined =>
  textAt(resource, ['clinicalStatus.coding.code', 'status']);

/** What the line says besides: a value, a dose, a conclusion. */
export function detailOf(resource: FhirResource): string | undefined {
  switch (resource.resourceType) {
    case 'Observation': {
      const components = itemsOf(resource, 'component').flatMap((one) => {
        const value = valueIn(one);
        return value === undefined ? [] : [`${nameIn(elementAt(one, 'code')) ?? ''} ${value}`.trim()];
      });
      return valueIn(resource) ?? (components.length === 0 ? undefined : components.join(', '));
    }
    case 'DiagnosticReport':
      return textAt(resource, ['conclusion', 'conclusionCode.text', 'conclusionCode.coding.display']);
    case 'MedicationRequest':
      return textAt(resource, ['dosageInstruction.text', 'dosageInstruction.patientInstruction']);
    case 'MedicationStatement':
      return textAt(resource, ['dosage.text']);
    case 'MedicationAdministration':
      return textAt(resource, ['dosage.text']) ?? quantityIn(elementAt(resource, 'dosage.dose'));
    case 'AllergyIntolerance':
      return textAt(resource, ['reaction.manifestation.text', 'reaction.manifestation.coding.display']);
    case 'Encounter':
      return textAt(resource, ['reasonCode.text', 'reasonCode.coding.display', 'location.location.display']);
    default:
      return undefined;
  }
}

function valueIn(value: unknown): string | undefined {
  const quantity = quantityIn(elementAt(value, 'valueQuantity'));
  if (quantity !== undefined) return quantity;
  for (const name of ['valueInteger', 'valueBoolean']) {
    const plain = elementAt(value, name);
    if (plain !== undefined) return String(plain);
  }
  return (
    textAt(value, ['valueString', 'valueDateTime', 'valueTime']) ??
    textAt(elementAt(value, 'valueCodeableConcept'), wordsOfConcept)
  );
}

function quantityIn(quantity: unknown): string | undefined {
  const value = elementAt(quantity, 'value');
  if (typeof value !== 'number') return undefined;
  const unit = textAt(quantity, ['unit', 'code']);
  return `${textAt(quantity, ['comparator']) ?? ''}${value}${unit === undefined ? '' : ` ${unit}`}`;
}
