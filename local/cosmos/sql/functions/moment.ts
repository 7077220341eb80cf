/** A moment in ticks of 100 ns since 1970, as Cosmos DB's date functions count. */
export type Ticks = bigint;

const perMillisecond = 10_000n;
const format =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?(?:Z|([+-])(\d{2}):(\d{2}))?)?$/;

export const ticksOfMilliseconds = (milliseconds: number): Ticks => BigInt(Math.trunc(milliseconds)) * perMillisecond;

/** Floor division, before 1970 too. */
const floorDivide = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((-a + b - 1n) / b));

export const millisecondsOf = (ticks: Ticks): number => Number(floorDivide(ticks, perMillisecond));

/** Reads ISO 8601, with up to seven digits of a second; undefined for anything else. */
export function readMoment(text: string): Ticks | undefined {
  const match = format.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', sign, hours = '0', minutes = '0'] =
    match;
  const ticks = ticksOfParts([year, month, day, hour, minute, second].map(Number), Number(fraction.padEnd(7, '0')));
  if (ticks === undefined) return undefined;
  const offset = BigInt(Number(hours) * 60 + Number(minutes)) * 60_000n * perMillisecond;
  return sign === '-' ? ticks + offset : ticks - offset;
}

/**
 * @param parts year, month (1-12), day, hour, minute, second. @param fraction ticks of the second.
 * @returns undefined when there is no such moment (30 February).
 */
export function ticksOfParts(parts: readonly number[], fraction: number): Ticks | undefined {
  const [year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  if (!parts.every(Number.isInteger) || !Number.isInteger(fraction) || fraction < 0 || fraction > 9_999_999) {
    return undefined;
  }
  if (year < 1 || year > 9999 || hour > 23 || minute > 59 || second > 59 || hour < 0 || minute < 0 || second < 0) {
    return undefined;
  }
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return ticksOfMilliseconds(date.getTime()) + BigInt(fraction);
}

/** `2026-01-02T03:04:05.6789012Z`; undefined beyond the years 1 to 9999. */
export function writeMoment(ticks: Ticks): string | undefined {
  const date = new Date(millisecondsOf(ticks));
  const year = date.getUTCFullYear();
  if (Number.isNaN(year) || year < 1 || year > 9999) return undefined;
  const second = 10_000_000n;
  const fraction = ((ticks % second) + second) % second;
  return `${date.toISOString().slice(0, 19)}.${String(fraction).padStart(7, '0')}Z`;
}
