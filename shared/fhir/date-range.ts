/** A period, epoch milliseconds, both ends inclusive. */
export interface DateRange {
  readonly from: number;
  readonly to: number;
}

const pattern = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/;

/**
 * The period that a FHIR date, dateTime or instant stands for: a year is its 365 days, a minute its 60 seconds. Without
 * a zone it is read as UTC. Undefined when the text is no such value.
 */
export function dateRange(text: string): DateRange | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, year = '', month, day, hour, minute, second, fraction, zone = 'Z'] = match;
  const start = (m: string, d: string, rest: string): number =>
    Date.parse(`${year}-${m}-${d}T${rest}${hour === undefined ? 'Z' : zone}`);
  const from = start(
    month ?? '01',
    day ?? '01',
    `${hour ?? '00'}:${minute ?? '00'}:${second ?? '00'}.${(fraction ?? '000').slice(0, 3).padEnd(3, '0')}`,
  );
  if (Number.isNaN(from)) return undefined;
  const begin = new Date(from);
  if (day !== undefined && hour === undefined && begin.getUTCDate() !== Number(day)) return undefined;
  return { from, to: from + lengthOf(begin, { month, day, hour, second, fraction }) - 1 };
}

function lengthOf(
  begin: Date,
  parts: {
    month: string | undefined;
    day: string | undefined;
    hour: string | undefined;
    second: string | undefined;
    fraction: string | undefined;
  },
): number {
  if (parts.fraction !== undefined) return 1;
  if (parts.second !== undefined) return 1000;
  if (parts.hour !== undefined) return 60_000;
  if (parts.day !== undefined) return 86_400_000;
  const next =
    parts.month === undefined
      ? Date.UTC(begin.getUTCFullYear() + 1, 0)
      : Date.UTC(begin.getUTCFullYear(), begin.getUTCMonth() + 1);
  return next - begin.getTime();
}
