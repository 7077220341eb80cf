import type { Frame, Value } from '../frame.ts';
import { type Builtin, type Builtins, builtin, isWhole, ofStrings } from './builtin.ts';
import { millisecondsOf, readMoment, type Ticks, ticksOfMilliseconds, ticksOfParts, writeMoment } from './moment.ts';

type Part = keyof typeof fixed | 'year' | 'month';

/** Lengths in ticks of 100 ns; a nanosecond is less than one. */
const fixed = {
  day: 864_000_000_000n,
  hour: 36_000_000_000n,
  minute: 600_000_000n,
  second: 10_000_000n,
  millisecond: 10_000n,
  microsecond: 10n,
  nanosecond: 0n,
} as const;

const names: Readonly<Record<string, Part>> = {
  ...{ year: 'year', yyyy: 'year', yy: 'year', month: 'month', mm: 'month', m: 'month' },
  ...{ day: 'day', dd: 'day', d: 'day', hour: 'hour', hh: 'hour', minute: 'minute', mi: 'minute', n: 'minute' },
  ...{ second: 'second', ss: 'second', s: 'second', millisecond: 'millisecond', ms: 'millisecond' },
  ...{ microsecond: 'microsecond', mcs: 'microsecond', nanosecond: 'nanosecond', ns: 'nanosecond' },
};

const partNamed = (name: Value): Part | undefined =>
  typeof name === 'string' && Object.hasOwn(names, name.toLowerCase()) ? names[name.toLowerCase()] : undefined;
const moment = (text: Value): Ticks | undefined => (typeof text === 'string' ? readMoment(text) : undefined);

const monthsOf = (ticks: Ticks): number => {
  const date = new Date(millisecondsOf(ticks));
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
};

/** How many whole lengths of `unit` fit below, also before 1970. */
const boundaries = (ticks: Ticks, unit: bigint): bigint =>
  ticks >= 0n ? ticks / unit : -((-ticks + unit - 1n) / unit);

function add(part: Part, count: number, ticks: Ticks): Ticks {
  if (part === 'nanosecond') return ticks + BigInt(Math.trunc(count / 100));
  if (part !== 'year' && part !== 'month') return ticks + fixed[part] * BigInt(count);
  const date = new Date(millisecondsOf(ticks));
  const day = date.getUTCDate();
  const within = ticks - ticksOfMilliseconds(date.getTime());
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + count * (part === 'year' ? 12 : 1));
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return ticksOfMilliseconds(date.getTime()) + within;
}

/** How many boundaries of the part lie between two moments. */
function difference(part: Part, from: Ticks, to: Ticks): number {
  if (part === 'nanosecond') return Number((to - from) * 100n);
  if (part === 'month') return monthsOf(to) - monthsOf(from);
  if (part === 'year') return Math.floor(monthsOf(to) / 12) - Math.floor(monthsOf(from) / 12);
  return Number(boundaries(to, fixed[part]) - boundaries(from, fixed[part]));
}

function partOf(part: Part, ticks: Ticks): number {
  const date = new Date(millisecondsOf(ticks));
  const fraction = Number(ticks - boundaries(ticks, fixed.second) * fixed.second);
  const parts: Readonly<Record<Part, number>> = {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
    microsecond: Math.floor(fraction / 10),
    nanosecond: fraction * 100,
  };
  return parts[part];
}

/** The start of the bin of `size` parts that holds a moment, counted from `origin` (1970). Not for months and years. */
function bin(text: Value, name: Value, size: Value = 1, origin: Value = '1970-01-01T00:00:00.0000000Z'): Value {
  const [ticks, part, start] = [moment(text), partNamed(name), moment(origin)];
  if (ticks === undefined || part === undefined || start === undefined || !isWhole(size) || size < 1) return undefined;
  if (part === 'year' || part === 'month' || part === 'nanosecond') return undefined;
  const length = fixed[part] * BigInt(size);
  return writeMoment(start + boundaries(ticks - start, length) * length);
}

const current = (make: (now: number) => Value): Builtin => ({
  least: 0,
  most: 0,
  apply: (_: readonly Value[], { now }: Frame) => make(now),
});
const component = (part: Part): Builtin =>
  ofStrings(1, 1, (text = '') => {
    const ticks = readMoment(text);
    return ticks === undefined ? undefined : partOf(part, ticks);
  });

const currentDateTime = current((now) => writeMoment(ticksOfMilliseconds(now)));
const currentTicks = current((now) => Number(ticksOfMilliseconds(now)));
const currentTimestamp = current((now) => now);

/** https://learn.microsoft.com/azure/cosmos-db/nosql/query/system-functions#date-and-time-functions */
export const dates: Builtins = {
  DATETIMEADD: builtin(3, 3, (name, count, text) => {
    const [part, ticks] = [partNamed(name), moment(text)];
    if (part === undefined || ticks === undefined || !isWhole(count) || Math.abs(count) > 1e15) return undefined;
    if ((part === 'year' || part === 'month') && Math.abs(count) > 120_000) return undefined;
    return writeMoment(add(part, count, ticks));
  }),
  DATETIMEBIN: builtin(2, 4, bin),
  DATETIMEDIFF: builtin(3, 3, (name, first, second) => {
    const [part, from, to] = [partNamed(name), moment(first), moment(second)];
    return part === undefined || from === undefined || to === undefined ? undefined : difference(part, from, to);
  }),
  DATETIMEFROMPARTS: builtin(3, 7, (...values) => {
    if (!values.every((value) => typeof value === 'number')) return undefined;
    const ticks = ticksOfParts(values.slice(0, 6), values[6] ?? 0);
    return ticks === undefined ? undefined : writeMoment(ticks);
  }),
  DATETIMEPART: builtin(2, 2, (name, text) => {
    const [part, ticks] = [partNamed(name), moment(text)];
    return part === undefined || ticks === undefined ? undefined : partOf(part, ticks);
  }),
  DATETIMETOTICKS: ofStrings(1, 1, (text = '') => {
    const ticks = readMoment(text);
    return ticks === undefined ? undefined : Number(ticks);
  }),
  DATETIMETOTIMESTAMP: ofStrings(1, 1, (text = '') => {
    const ticks = readMoment(text);
    return ticks === undefined ? undefined : millisecondsOf(ticks);
  }),
  DAY: component('day'),
  GETCURRENTDATETIME: currentDateTime,
  GETCURRENTDATETIMESTATIC: currentDateTime,
  GETCURRENTTICKS: currentTicks,
  GETCURRENTTICKSSTATIC: currentTicks,
  GETCURRENTTIMESTAMP: currentTimestamp,
  GETCURRENTTIMESTAMPSTATIC: currentTimestamp,
  MONTH: component('month'),
  TICKSTODATETIME: builtin(1, 1, (ticks) => (isWhole(ticks) ? writeMoment(BigInt(ticks)) : undefined)),
  TIMESTAMPTODATETIME: builtin(1, 1, (milliseconds) =>
    typeof milliseconds === 'number' && Math.abs(milliseconds) < 8.64e15
      ? writeMoment(ticksOfMilliseconds(milliseconds))
      : undefined,
  ),
  YEAR: component('year'),
};
