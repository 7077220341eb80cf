/** Answers of the form `news2`; a NEWS2 of 0 unless changed. */
export interface Answers {
  respirations?: number;
  spo2?: number;
  'spo2-scale'?: '1' | '2';
  oxygen?: boolean;
  systolic?: number;
  pulse?: number;
  consciousness?: 'A' | 'C' | 'V' | 'P' | 'U';
  temperature?: number;
}

const well: Answers = {
  respirations: 16,
  spo2: 97,
  'spo2-scale': '1',
  oxygen: false,
  systolic: 120,
  pulse: 70,
  consciousness: 'A',
  temperature: 37,
};

/** NEWS2 = 7: respirations 24 (2), SpO2 94 (1), pulse 115 (2), temperature 39.2 (2). */
export const scoreSeven: Answers = { respirations: 24, spo2: 94, pulse: 115, temperature: 39.2 };

/**
 * A QuestionnaireResponse of the form `news2`.
 * @param observedAt ISO 8601. @param missing linkIds left out.
 */
export function news2Response(
  patient: string,
  encounter: string,
  answers: Answers,
  observedAt: string,
  missing: readonly string[] = [],
): object {
  const coded = new Set(['spo2-scale', 'consciousness']);
  const item = Object.entries({ ...well, ...answers })
    .filter(([linkId]) => !missing.includes(linkId))
    .map(([linkId, value]) => ({
      linkId,
      answer: [
        coded.has(linkId)
          ? { valueCoding: { code: String(value) } }
          : typeof value === 'boolean'
            ? { valueBoolean: value }
            : linkId === 'temperature'
              ? { valueDecimal: value }
              : { valueInteger: value },
      ],
    }));
  return {
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    subject: { reference: `Patient/${patient}` },
    encounter: { reference: `Encounter/${encounter}` },
    authored: observedAt,
    item: [...item, { linkId: 'observed-at', answer: [{ valueDateTime: observedAt }] }],
  };
}
