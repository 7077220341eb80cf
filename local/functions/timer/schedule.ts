import { parseTimeSpan } from '../time-span.ts';
import { parseNcrontab, type Schedule } from './ncrontab.ts';

/** The longest period that a time span may name: .NET's timers know no longer one. */
const longestPeriod = 2 ** 31 * 1000;

/**
 * Reads the schedule of a timer: an NCRONTAB expression, or a time span between two runs
 * (https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#timespan).
 * @throws Error that says what is wrong with it
 */
export function parseSchedule(expression: string): Schedule {
  const period = parseTimeSpan(expression);
  if (period === undefined) return parseNcrontab(expression);
  if (period <= 0 || period > longestPeriod)
    throw new Error(`The schedule "${expression}" is no time span between two runs.`);
  return { next: (from) => new Date(from.getTime() + period) };
}

/**
 * Whether the host keeps when the timer last ran, so that a run that was missed is made up for. Azure does not, whatever
 * `useMonitor` says, for schedules of less than a minute (TimerSchedule.Create of the timers extension).
 */
export function isMonitored(schedule: Schedule, useMonitor: unknown, now: Date): boolean {
  if (useMonitor === false) return false;
  const first = schedule.next(now);
  return schedule.next(first).getTime() - first.getTime() >= 60_000;
}
