import { dateRange } from '../date-range.ts';
import { isNhsNumber } from '../nhs-number.ts';

type Fields = Readonly<Record<string, unknown>>;
interface Rule {
  readonly holds: (value: Fields) => boolean;
  /** The invariant's key (http://hl7.org/fhir/R4/datatypes.html) and what it asks for. */
  readonly asks: string;
}

const nhsNumberSystem = 'https://fhir.nhs.uk/Id/nhs-number';
const has = (value: Fields, name: string): boolean => value[name] !== undefined || value[`_${name}`] !== undefined;
const hasValue = (value: Fields): boolean => Object.keys(value).some((name) => /^_?value[A-Z]/.test(name));
const numberIn = (value: unknown): number | undefined =>
  typeof value === 'object' && value !== null && 'value' in value && typeof value.value === 'number'
    ? value.value
    : undefined;
const sameUnit = (a: unknown, b: unknown): boolean =>
  ['system', 'code', 'unit'].every((name) => Reflect.get(Object(a), name) === Reflect.get(Object(b), name));

const quantity: Rule = {
  holds: (value) => value['code'] === undefined || has(value, 'system'),
  asks: 'a system when it has a code (qty-3)',
};

/** Invariants of data types that occur everywhere, cheaper than by FHIRPath. An invariant without a result is met. */
const rules: Readonly<Record<string, readonly Rule[]>> = {
  Age: [quantity],
  Attachment: [
    {
      holds: (value) => value['data'] === undefined || has(value, 'contentType'),
      asks: 'a contentType when it has data (att-1)',
    },
  ],
  ContactPoint: [
    {
      holds: (value) => value['value'] === undefined || has(value, 'system'),
      asks: 'a system when it has a value (cpt-2)',
    },
  ],
  Count: [quantity],
  Distance: [quantity],
  Duration: [quantity],
  Extension: [
    {
      holds: (value) => has(value, 'extension') !== hasValue(value),
      asks: 'either a value or extensions, not both (ext-1)',
    },
  ],
  Identifier: [
    {
      holds: ({ system, value }) => system !== nhsNumberSystem || typeof value !== 'string' || isNhsNumber(value),
      asks: 'for the system of NHS numbers ten digits without spaces, the last of them the check digit',
    },
  ],
  Period: [
    {
      holds: ({ start, end }) => {
        const [from, to] = [start, end].map((at) => (typeof at === 'string' ? dateRange(at) : undefined));
        return from === undefined || to === undefined || from.from <= to.to;
      },
      asks: 'an end that is not before its start (per-1)',
    },
  ],
  Quantity: [quantity],
  Range: [
    {
      holds: ({ low, high }) => {
        const [least, most] = [numberIn(low), numberIn(high)];
        return least === undefined || most === undefined || !sameUnit(low, high) || least <= most;
      },
      asks: 'a low that is not above its high (rng-2)',
    },
  ],
  Ratio: [
    {
      holds: (value) =>
        has(value, 'numerator') === has(value, 'denominator') && (has(value, 'numerator') || has(value, 'extension')),
      asks: 'both numerator and denominator, or an extension alone (rat-1)',
    },
  ],
};

/** What values of a type need and this one lacks. */
export const checkDatatype = (type: string, value: object): string[] =>
  (rules[type] ?? []).filter(({ holds }) => !holds(value as Fields)).map(({ asks }) => asks);
