import type { Random } from '../random.ts';
import { coded, type Resource } from './resource.ts';

const category = [
  {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }],
  },
];
const loinc = 'http://loinc.org';
const ucum = 'http://unitsofmeasure.org';
const quantity = (value: number, unit: string, code: string): object => ({ value, unit, system: ucum, code });

/** A round of observations at the bedside. @param ill from 0 (well) to 1: how far they lie from where they should */
export function vitalSigns(random: Random, patient: string, at: string, ill: number): Resource[] {
  const around = (well: number, worst: number, spread: number, digits = 0): number => {
    const value = well + (worst - well) * ill + (random.next() - 0.5) * 2 * spread;
    return Number(value.toFixed(digits));
  };
  const observation = (code: string, display: string, more: object): Resource => ({
    resourceType: 'Observation',
    status: 'final',
    category,
    code: coded(loinc, code, display),
    subject: { reference: patient },
    effectiveDateTime: at,
    ...more,
  });
  return [
    observation('9279-1', 'Respiratory rate', { valueQuantity: quantity(around(15, 28, 2), 'breaths/minute', '/min') }),
    observation('59408-5', 'Oxygen saturation by pulse oximetry', {
      valueQuantity: quantity(Math.min(100, around(97, 88, 1)), '%', '%'),
    }),
    observation('8867-4', 'Heart rate', { valueQuantity: quantity(around(76, 128, 9), 'beats/minute', '/min') }),
    observation('8310-5', 'Body temperature', { valueQuantity: quantity(around(36.8, 39.2, 0.3, 1), 'C', 'Cel') }),
    observation('85354-9', 'Blood pressure panel', {
      component: [
        {
          code: coded(loinc, '8480-6', 'Systolic blood pressure'),
          valueQuantity: quantity(around(128, 92, 12), 'mmHg', 'mm[Hg]'),
        },
        {
          code: coded(loinc, '8462-4', 'Diastolic blood pressure'),
          valueQuantity: quantity(around(74, 55, 8), 'mmHg', 'mm[Hg]'),
        },
      ],
    }),
  ];
}
