/** A schedule of six fields, seconds first (https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions). */
export interface Schedule {
  /** The next moment after `from`, UTC. */
  next(from: Date): Date;
}

/** Smallest and largest value of second, minute, hour, day, month, day of week. */
const ranges = [
  [0, 59],
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;
/** A schedule that never comes (31 February) is noticed after so many days. */
const farthest = 366 * 5;

/** Reads an NCRONTAB expression. @throws Error naming the field that is wrong */
export function parseSchedule(expression: string): Schedule {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 6)
    throw new Error(`The schedule "${expression}" must have six fields: second minute hour day month weekday.`);
  const [seconds, minutes, hours, days, months, weekdays] = fields.map((field, index) =>
    parseField(field, index, expression),
  ) as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>, Set<number>];
  return {
    next(from) {
      const moment = new Date(Math.floor(from.getTime() / 1000) * 1000 + 1000);
      for (let day = 0; day < farthest; day++) {
        const fits =
          days.has(moment.getUTCDate()) && months.has(moment.getUTCMonth() + 1) && weekdays.has(moment.getUTCDay());
        for (; fits && moment.getUTCHours() <= 23; ) {
          const today = moment.getUTCDate();
          if (
            hours.has(moment.getUTCHours()) &&
            minutes.has(moment.getUTCMinutes()) &&
            seconds.has(moment.getUTCSeconds())
          )
            return moment;
          if (!hours.has(moment.getUTCHours())) moment.setUTCHours(moment.getUTCHours() + 1, 0, 0, 0);
          else if (!minutes.has(moment.getUTCMinutes())) moment.setUTCMinutes(moment.getUTCMinutes() + 1, 0, 0);
          else moment.setUTCSeconds(moment.getUTCSeconds() + 1, 0);
          if (moment.getUTCDate() !== today) break;
        }
        if (!fits) moment.setUTCHours(24, 0, 0, 0);
      }
      throw new Error(`The schedule "${expression}" never comes.`);
    },
  };
}

function parseField(field: string, index: number, expression: string): Set<number> {
  const [low, high] = ranges[index] ?? [0, 0];
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const match = /^(?:(\*)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    const [, all, first, last, step = '1'] = match ?? [];
    const from = all === undefined ? Number(first) : low;
    const to = all !== undefined ? high : last === undefined ? (part.includes('/') ? high : from) : Number(last);
    if (match === null || from < low || to > high || from > to || Number(step) === 0) {
      throw new Error(
        `The schedule "${expression}" is wrong in field ${index + 1} ("${field}"): it takes ${low} to ${high}.`,
      );
    }
    for (let value = from; value <= to; value += Number(step)) values.add(value);
  }
  return values;
}
