import type { Random } from '../../demo/random.ts';
import type { FhirResource } from '../../shared/fhir/index.ts';

/** An Observation as the generator makes them, with the few elements that its searches ask for. */
export interface PlainObservation {
  readonly id?: string;
  readonly status: string;
  readonly codes: readonly { readonly system?: string; readonly code: string; readonly display?: string }[];
  readonly patient: string;
  /** Epoch milliseconds, both ends inclusive, and as it is written. */
  readonly when?: { readonly from: number; readonly to: number; readonly text: string };
  readonly value?: { readonly amount: number; readonly unit: string };
  readonly identifier?: string;
  readonly encounter?: string;
}

/** One parameter, and whether it finds an Observation: worked out from the plain form, not by the code under test. */
export interface Asked {
  readonly parameter: readonly [string, string];
  finds(observation: PlainObservation): boolean;
}

const loinc = 'http://loinc.org';
const codes = [
  { system: loinc, code: '8867-4', display: 'Heart rate' },
  { system: loinc, code: '8310-5', display: 'Body temperature' },
  { system: 'http://snomed.info/sct', code: '8867-4', display: 'Not the same' },
  { code: 'local' },
];
const states = ['final', 'amended', 'preliminary'];
const grams = new Map([
  ['g', 1],
  ['mg', 0.001],
  ['kg', 1000],
]);
const day = 86_400_000;
const start = Date.UTC(2026, 10, 1);

export function generateObservation(
  random: Random,
  patients: readonly string[],
  encounters: readonly string[],
): PlainObservation {
  const time = start + random.below(20 * day);
  return {
    status: random.pick(states),
    codes: random.below(4) === 0 ? [random.pick(codes), random.pick(codes)] : [random.pick(codes)],
    patient: random.pick(patients),
    ...(random.below(6) === 0 ? {} : { when: written(time, random.below(4)) }),
    ...(random.below(4) === 0 ? {} : { value: { amount: random.below(40) / 4, unit: random.pick([...grams.keys()]) } }),
    ...(random.below(2) === 0 ? {} : { identifier: `d${random.below(8)}` }),
    ...(random.below(2) === 0 ? {} : { encounter: random.pick(encounters) }),
  };
}

/** A moment to the second, a minute in another zone, a day, or a month. */
function written(time: number, how: number): { from: number; to: number; text: string } {
  const iso = new Date(time).toISOString();
  if (how === 0) {
    const second = Math.floor(time / 1000) * 1000;
    return { from: second, to: second + 999, text: `${iso.slice(0, 19)}Z` };
  }
  if (how === 1) {
    const second = Math.floor(time / 1000) * 1000;
    const shown = new Date(second + 3_600_000).toISOString().slice(0, 19);
    return { from: second, to: second + 999, text: `${shown}+01:00` };
  }
  if (how === 2) {
    const from = Math.floor(time / day) * day;
    return { from, to: from + day - 1, text: iso.slice(0, 10) };
  }
  return { from: Date.UTC(2026, 10), to: Date.UTC(2026, 11) - 1, text: '2026-11' };
}

export const asResource = ({
  status,
  codes: coding,
  patient,
  when,
  value,
  identifier,
  encounter,
}: PlainObservation): FhirResource =>
  ({
    resourceType: 'Observation',
    status,
    code: { coding },
    subject: { reference: `Patient/${patient}` },
    ...(when === undefined ? {} : { effectiveDateTime: when.text }),
    ...(value === undefined
      ? {}
      : {
          valueQuantity: {
            value: value.amount,
            unit: value.unit,
            code: value.unit,
            system: 'http://unitsofmeasure.org',
          },
        }),
    ...(identifier === undefined ? {} : { identifier: [{ system: 'urn:device', value: identifier }] }),
    ...(encounter === undefined ? {} : { encounter: { reference: `Encounter/${encounter}` } }),
  }) as FhirResource;

/** One parameter of a search for such Observations. */
export function generateAsked(random: Random, patients: readonly string[], encounters: readonly string[]): Asked {
  const kinds = [
    askCode,
    askNotCode,
    askStatus,
    askDate,
    askQuantity,
    askComposite,
    askIdentifier,
    askMissing,
    askText,
  ];
  if (random.below(8) === 0) {
    const encounter = random.pick(encounters);
    return { parameter: ['encounter', `Encounter/${encounter}`], finds: (one) => one.encounter === encounter };
  }
  if (random.below(8) === 0) {
    const two = [random.pick(patients), random.pick(patients)];
    return {
      parameter: ['subject', two.map((id) => `Patient/${id}`).join(',')],
      finds: (one) => two.includes(one.patient),
    };
  }
  return random.pick(kinds)(random);
}

const hasCode = (one: PlainObservation, system: string | undefined, code: string): boolean =>
  one.codes.some((coding) => coding.code === code && (system === undefined || (coding.system ?? '') === system));

function askCode(random: Random): Asked {
  const { system, code } = random.pick(codes);
  const how = random.below(3);
  if (how === 0) return { parameter: ['code', code], finds: (one) => hasCode(one, undefined, code) };
  if (how === 1)
    return { parameter: ['code', `${system ?? ''}|${code}`], finds: (one) => hasCode(one, system ?? '', code) };
  const other = random.pick(codes).code;
  return {
    parameter: ['code', `${code},${other}`],
    finds: (one) => hasCode(one, undefined, code) || hasCode(one, undefined, other),
  };
}

function askNotCode(random: Random): Asked {
  const { code } = random.pick(codes);
  return { parameter: ['code:not', code], finds: (one) => !hasCode(one, undefined, code) };
}

function askText(random: Random): Asked {
  const word = random.pick(['heart', 'BODY', 'temp', 'eart']);
  const begins = new RegExp(`(^| )${word}`, 'i');
  return { parameter: ['code:text', word], finds: (one) => one.codes.some(({ display = '' }) => begins.test(display)) };
}

function askStatus(random: Random): Asked {
  const wanted = [random.pick(states), random.pick(states)];
  return { parameter: ['status', wanted.join(',')], finds: ({ status }) => wanted.includes(status) };
}

/** http://hl7.org/fhir/R4/search.html#prefix, written down once more. */
function askDate(random: Random): Asked {
  const asked = written(start + random.below(20 * day), random.below(4));
  const prefix = random.pick(['', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb']);
  const finds = ({ when }: PlainObservation): boolean => {
    if (when === undefined) return false;
    const contained = asked.from <= when.from && when.to <= asked.to;
    if (prefix === 'ne') return !contained;
    if (prefix === 'gt') return asked.to < when.to;
    if (prefix === 'lt') return when.from < asked.from;
    if (prefix === 'ge') return contained || asked.to < when.to;
    if (prefix === 'le') return contained || when.from < asked.from;
    if (prefix === 'sa') return asked.to < when.from;
    return prefix === 'eb' ? when.to < asked.from : contained;
  };
  return { parameter: ['date', prefix + asked.text], finds };
}

const inGrams = (amount: number, unit: string): number => amount * (grams.get(unit) ?? Number.NaN);

function quantityAsked(random: Random): { text: string; finds(value: PlainObservation['value']): boolean } {
  const amount = random.below(40) / 4;
  const unit = random.pick([...grams.keys()]);
  const prefix = random.pick(['', 'gt', 'lt', 'ge', 'le', 'ne']);
  const decimals = String(amount).split('.')[1]?.length ?? 0;
  const half = inGrams(0.5 * 10 ** -decimals, unit);
  const exact = inGrams(amount, unit);
  // Doubles: what differs by less than a billionth is the same.
  const less = (a: number, b: number): boolean => a < b - 1e-9 * Math.max(Math.abs(a), Math.abs(b));
  return {
    text: `${prefix}${amount}|http://unitsofmeasure.org|${unit}`,
    finds(value) {
      if (value === undefined) return false;
      const own = inGrams(value.amount, value.unit);
      const within = !less(own, exact - half) && less(own, exact + half);
      if (prefix === 'gt') return less(exact, own);
      if (prefix === 'lt') return less(own, exact);
      if (prefix === 'ge') return !less(own, exact);
      if (prefix === 'le') return !less(exact, own);
      return prefix === 'ne' ? !within : within;
    },
  };
}

function askQuantity(random: Random): Asked {
  const { text, finds } = quantityAsked(random);
  return { parameter: ['value-quantity', text], finds: ({ value }) => finds(value) };
}

function askComposite(random: Random): Asked {
  const { code } = random.pick(codes);
  const { text, finds } = quantityAsked(random);
  return {
    parameter: ['code-value-quantity', `${code}$${text}`],
    finds: (one) => hasCode(one, undefined, code) && finds(one.value),
  };
}

function askIdentifier(random: Random): Asked {
  const value = `d${random.below(8)}`;
  return { parameter: ['identifier', `urn:device|${value}`], finds: ({ identifier }) => identifier === value };
}

function askMissing(random: Random): Asked {
  const wanted = random.below(2) === 0;
  return {
    parameter: ['value-quantity:missing', String(wanted)],
    finds: ({ value }) => (value === undefined) === wanted,
  };
}
