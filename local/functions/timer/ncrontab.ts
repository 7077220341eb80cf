/** When a timer comes. */
export interface Schedule {
  /** The next moment after `from`, UTC. @throws Error when there is none */
  next(from: Date): Date;
}

/** Smallest and largest value of second, minute, hour, day, month, day of week, and the names they may have. */
const fields = [
  { low: 0, high: 59, names: [] },
  { low: 0, high: 59, names: [] },
  { low: 0, high: 23, names: [] },
  { low: 1, high: 31, names: [] },
  {
    low: 1,
    high: 12,
    names: [
      'january',
      'february',
      'march',
      'april',
      'may',
      'june',
      'july',
      'august',
      'september',
      'october',
      'november',
      'december',
    ],
  },
  { low: 0, high: 6, names: ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] },
] as const;
/** A schedule that never comes (31 February) is noticed after so many days: leap years are up to eight years apart. */
const farthest = 366 * 8 + 1;

/**
 * Reads an NCRONTAB expression: six fields, seconds first, or five without them
 * (https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions).
 * @throws Error naming the field that is wrong
 */
export function parseNcrontab(expression: string): Schedule {
  const given = expression.trim().split(/\s+/);
  const parts = given.length === 5 ? ['0', ...given] : given;
  if (parts.length !== 6)
    throw new Error(`The schedule "${expression}" must have six fields: second minute hour day month weekday.`);
  const [seconds, minutes, hours, days, months, weekdays] = parts.map((field, index) =>
    parseField(field, index, expression),
  ) as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>, Set<number>];
  return {
    next(from) {
      const moment = new Date(Math.floor(from.getTime() / 1000) * 1000 + 1000);
      for (let day = 0; day < farthest; day++) {
        const fits =
          days.has(moment.getUTCDate()) && months.has(moment.getUTCMonth() + 1) && weekdays.has(moment.getUTCDay());
        const today = moment.getUTCDate();
        while (fits && moment.getUTCDate() === today) {
          if (!hours.has(moment.getUTCHours())) moment.setUTCHours(moment.getUTCHours() + 1, 0, 0, 0);
          else if (!minutes.has(moment.getUTCMinutes())) moment.setUTCMinutes(moment.getUTCMinutes() + 1, 0, 0);
          else if (!seconds.has(moment.getUTCSeconds())) moment.setUTCSeconds(moment.getUTCSeconds() + 1, 0);
          else return moment;
        }
        if (!fits) moment.setUTCHours(24, 0, 0, 0);
      }
      throw new Error(`The schedule "${expression}" never comes.`);
    },
  };
}

function parseField(field: string, index: number, expression: string): Set<number> {
  const { low, high, names } = fields[index] ?? fields[0];
  const values = new Set<number>();
  const read = (text: string | undefined): number => {
    const named = names.findIndex((name) => name === text?.toLowerCase() || name.slice(0, 3) === text?.toLowerCase());
    return named >= 0 ? named + low : /^\d+$/.test(text ?? '') ? Number(text) : Number.NaN;
  };
  for (const part of field.split(',')) {
    const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
    const [, all, first, last, step = '1'] = match ?? [];
    const from = all === undefined ? read(first) : low;
    const to = all !== undefined ? high : last === undefined ? (part.includes('/') ? high : from) : read(last);
    if (!(match !== null && from >= low && to <= high && from <= to && Number(step) > 0)) {
      throw new Error(
        `The schedule "${expression}" is wrong in field ${index + 1} ("${field}"): it takes ${low} to ${high}.`,
      );
    }
    for (let value = from; value <= to; value += Number(step)) values.add(value);
  }
  return values;
}
