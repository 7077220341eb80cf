/** A set of vital signs; what was not measured is missing. */
export interface VitalSigns {
  /** Breaths a minute. */
  readonly respirations?: number;
  /** Per cent. */
  readonly spo2?: number;
  readonly spo2Scale: 1 | 2;
  /** On supplemental oxygen. */
  readonly oxygen?: boolean;
  /** mmHg. */
  readonly systolic?: number;
  /** Beats a minute. */
  readonly pulse?: number;
  /** Alert, new Confusion, Voice, Pain, Unresponsive. */
  readonly consciousness?: 'A' | 'C' | 'V' | 'P' | 'U';
  /** Degrees Celsius. */
  readonly temperature?: number;
}

export interface News2Score {
  readonly total: number;
  /** False when a parameter is missing: the true score may then be higher. */
  readonly complete: boolean;
  /** Some parameter scores 3 alone. */
  readonly singleParameter: boolean;
  readonly parts: Readonly<Record<string, number | undefined>>;
  readonly rule: string;
}

/** Which table was applied; kept with every score. */
export const news2Rule = 'NEWS2-RCP-2017';

/** Score of the first band whose upper bound is not below the value. */
const band = (value: number, bands: readonly (readonly [number, number])[]): number =>
  bands.find(([upTo]) => value <= upTo)?.[1] ?? 0;
const top = Number.POSITIVE_INFINITY;

/** Royal College of Physicians, National Early Warning Score (NEWS) 2, 2017, chart 1. */
const tables = {
  respirations: (value: number) =>
    band(value, [
      [8, 3],
      [11, 1],
      [20, 0],
      [24, 2],
      [top, 3],
    ]),
  scale1: (value: number) =>
    band(value, [
      [91, 3],
      [93, 2],
      [95, 1],
      [top, 0],
    ]),
  scale2: (value: number, oxygen: boolean) =>
    value <= 92 || oxygen
      ? band(value, [
          [83, 3],
          [85, 2],
          [87, 1],
          [92, 0],
          [94, 1],
          [96, 2],
          [top, 3],
        ])
      : 0,
  systolic: (value: number) =>
    band(value, [
      [90, 3],
      [100, 2],
      [110, 1],
      [219, 0],
      [top, 3],
    ]),
  pulse: (value: number) =>
    band(value, [
      [40, 3],
      [50, 1],
      [90, 0],
      [110, 1],
      [130, 2],
      [top, 3],
    ]),
  temperature: (value: number) =>
    band(Math.round(value * 10), [
      [350, 3],
      [360, 1],
      [380, 0],
      [390, 1],
      [top, 2],
    ]),
} as const;

/** The score. A missing parameter makes it incomplete; it never counts as 0. */
export function scoreNews2(signs: VitalSigns): News2Score {
  const { respirations, spo2, spo2Scale, oxygen, systolic, pulse, consciousness, temperature } = signs;
  const saturation = (): number | undefined => {
    if (spo2 === undefined) return undefined;
    if (spo2Scale === 1) return tables.scale1(spo2);
    // Above the target range scale 2 asks whether oxygen is given.
    return spo2 > 92 && oxygen === undefined ? undefined : tables.scale2(spo2, oxygen ?? false);
  };
  const parts = {
    respirations: respirations === undefined ? undefined : tables.respirations(respirations),
    spo2: saturation(),
    oxygen: oxygen === undefined ? undefined : oxygen ? 2 : 0,
    systolic: systolic === undefined ? undefined : tables.systolic(systolic),
    pulse: pulse === undefined ? undefined : tables.pulse(pulse),
    consciousness: consciousness === undefined ? undefined : consciousness === 'A' ? 0 : 3,
    temperature: temperature === undefined ? undefined : tables.temperature(temperature),
  };
  const scores = Object.values(parts);
  return {
    total: scores.reduce<number>((sum, score) => sum + (score ?? 0), 0),
    complete: scores.every((score) => score !== undefined),
    singleParameter: scores.some((score) => score === 3),
    parts,
    rule: news2Rule,
  };
}
