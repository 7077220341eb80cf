import type { FhirResource } from '../fhir/index.ts';
import type { AnswerValue } from './answers.ts';
import { type News2Score, scoreNews2, type VitalSigns } from './news2.ts';

/** SNOMED CT: Royal College of Physicians NEWS2 total score. */
export const news2Code = {
  system: 'http://snomed.info/sct',
  code: '1104051000000101',
  display: 'NEWS2 (National Early Warning Score 2) total score',
};
export const partsExtension = 'https://wardline.nhs.uk/StructureDefinition/news2';

interface Sign {
  readonly linkId: string;
  readonly loinc: string;
  readonly display: string;
  readonly unit?: string;
  readonly ucum?: string;
}

/** Vital signs with their LOINC codes and UCUM units (http://hl7.org/fhir/R4/observation-vitalsigns.html). */
const signs: readonly Sign[] = [
  { linkId: 'respirations', loinc: '9279-1', display: 'Respiratory rate', unit: 'breaths/minute', ucum: '/min' },
  { linkId: 'spo2', loinc: '2708-6', display: 'Oxygen saturation in Arterial blood', unit: '%', ucum: '%' },
  { linkId: 'oxygen', loinc: '3151-8', display: 'Inhaled oxygen flow rate' },
  { linkId: 'systolic', loinc: '8480-6', display: 'Systolic blood pressure', unit: 'mmHg', ucum: 'mm[Hg]' },
  { linkId: 'pulse', loinc: '8867-4', display: 'Heart rate', unit: 'beats/minute', ucum: '/min' },
  { linkId: 'consciousness', loinc: '80288-4', display: 'Level of consciousness' },
  { linkId: 'temperature', loinc: '8310-5', display: 'Body temperature', unit: 'degrees C', ucum: 'Cel' },
];

/** How many Observations answers become: one a sign that was measured, and the score. */
export const observationCount = (values: ReadonlyMap<string, AnswerValue>): number =>
  signs.filter(({ linkId }) => values.has(linkId)).length + 1;

export function vitalSignsOf(values: ReadonlyMap<string, AnswerValue>): VitalSigns {
  const number = (name: string) => values.get(name) as number | undefined;
  const defined = Object.entries({
    respirations: number('respirations'),
    spo2: number('spo2'),
    oxygen: values.get('oxygen') as boolean | undefined,
    systolic: number('systolic'),
    pulse: number('pulse'),
    consciousness: values.get('consciousness') as VitalSigns['consciousness'],
    temperature: number('temperature'),
  }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(defined), spo2Scale: values.get('spo2-scale') === '2' ? 2 : 1 };
}

/**
 * What answers are filed as: the response itself, an Observation for each sign that was measured, and the score, each
 * derived from the response.
 * @param response as it was sent, checked. @param responseId its id.
 */
export function news2Resources(
  response: FhirResource,
  responseId: string,
  values: ReadonlyMap<string, AnswerValue>,
): { score: News2Score; observations: FhirResource[] } {
  const score = scoreNews2(vitalSignsOf(values));
  const common = {
    resourceType: 'Observation',
    status: 'final',
    subject: response['subject'],
    encounter: response['encounter'],
    effectiveDateTime: values.get('observed-at'),
    derivedFrom: [{ reference: `QuestionnaireResponse/${responseId}` }],
  };
  const observations = signs.flatMap(({ linkId, loinc, display, unit, ucum }): FhirResource[] => {
    const value = values.get(linkId);
    if (value === undefined) return [];
    const answer =
      typeof value === 'number'
        ? { valueQuantity: { value, unit, system: 'http://unitsofmeasure.org', code: ucum } }
        : typeof value === 'boolean'
          ? { valueBoolean: value }
          : { valueString: value };
    return [
      {
        ...common,
        category: vitalSigns,
        code: { coding: [{ system: 'http://loinc.org', code: loinc, display }] },
        ...answer,
      },
    ];
  });
  const parts = Object.entries(score.parts).filter(([, part]) => part !== undefined);
  const total: FhirResource = {
    ...common,
    // An incomplete score is no final one (http://hl7.org/fhir/R4/valueset-observation-status.html).
    status: score.complete ? 'final' : 'preliminary',
    category: vitalSigns,
    code: { coding: [news2Code] },
    valueInteger: score.total,
    extension: [
      {
        url: partsExtension,
        extension: [
          { url: 'rule', valueString: score.rule },
          { url: 'scale', valueInteger: values.get('spo2-scale') === '2' ? 2 : 1 },
          { url: 'complete', valueBoolean: score.complete },
          { url: 'single-parameter', valueBoolean: score.singleParameter },
          ...parts.map(([name, part]) => ({ url: name, valueInteger: part })),
        ],
      },
    ],
  };
  return { score, observations: [...observations, total] };
}

const vitalSigns = [
  { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] },
];
