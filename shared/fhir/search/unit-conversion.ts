import { UcumLhcUtils } from '@lhncbc/ucum-lhc';

/** http://hl7.org/fhir/R4/terminologies-systems.html: the Unified Code for Units of Measure. */
export const ucumSystem = 'http://unitsofmeasure.org';

/** `y = offset + factor * x`; undefined: the units do not measure the same. */
type Conversion = { readonly offset: number; readonly factor: number } | undefined;

const known = new Map<string, Conversion>();
const rememberedAtMost = 2000;

/** Converts an amount between two UCUM units, e.g. mg to g; undefined: they do not measure the same. */
export function convertUnit(amount: number, from: string, to: string): number | undefined {
  const name = `${from}\n${to}`;
  if (!known.has(name)) {
    if (known.size >= rememberedAtMost) known.clear();
    known.set(name, conversion(from, to));
  }
  const found = known.get(name);
  // Fifteen digits are what a double is sure of: 5.4 mg are 0.0054 g, and no digit more.
  return found === undefined ? undefined : Number((found.offset + found.factor * amount).toPrecision(15));
}

/** Units on a logarithmic scale (pH, dB) are not converted: two points would not tell the third. */
function conversion(from: string, to: string): Conversion {
  const units = UcumLhcUtils.getInstance();
  const at = (amount: number): number => {
    const { status, toVal } = units.convertUnitTo(from, amount, to);
    return status === 'succeeded' && typeof toVal === 'number' ? toVal : Number.NaN;
  };
  const offset = at(0);
  const factor = at(1) - offset;
  const straight = Math.abs(at(1000) - (offset + 1000 * factor)) <= 1e-9 * Math.abs(offset + 1000 * factor);
  return Number.isFinite(factor) && factor !== 0 && straight ? { offset, factor } : undefined;
}
