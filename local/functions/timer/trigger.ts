import type { DatabaseSync } from 'node:sqlite';
import type { RegisteredFunction } from '../core-api.ts';
import type { Extension, HostServices, Listener } from '../extension.ts';
import type { Invocation } from '../invocation.ts';
import { invokeWithRetry } from '../retry.ts';
import type { Schedule } from './ncrontab.ts';
import { isMonitored, parseSchedule } from './schedule.ts';

/** Where timers keep when they last ran, so that one that came due while the host was away is told so. */
export const timerSchema =
  'CREATE TABLE IF NOT EXISTS timers (name TEXT PRIMARY KEY, last TEXT NOT NULL, next TEXT NOT NULL) WITHOUT ROWID;';

/** What the library tells the function of its schedule; times as ISO 8601. */
interface ScheduleStatus {
  readonly Last: string;
  readonly Next: string;
  readonly LastUpdated: string;
}

/** Longest wait that setTimeout knows. */
const longest = 2 ** 31 - 1;
/** What .NET says of a timer that never ran. */
const never = '0001-01-01T00:00:00+00:00';

/** Timers of the app. Schedules are in UTC, as on Azure's Linux plans without WEBSITE_TIME_ZONE. */
export function openTimers(services: HostServices): Extension {
  services.db.exec(timerSchema);
  return {
    triggers: {
      timertrigger: {
        listen: (one) => runTimer(one, services),
        byHand: (one) => {
          const next = scheduleOf(one).next(new Date()).toISOString();
          return timerInput({ Last: never, Next: next, LastUpdated: never }, false);
        },
      },
    },
    check(one) {
      if (one.trigger.binding.type !== 'timerTrigger') return;
      if (services.settings.get('WEBSITE_TIME_ZONE') !== undefined)
        throw new Error(`Function "${one.name}": this host runs timers in UTC only; remove WEBSITE_TIME_ZONE.`);
      scheduleOf(one).next(new Date());
    },
  };
}

function scheduleOf(one: RegisteredFunction): Schedule {
  try {
    return parseSchedule(String(one.trigger.binding['schedule']));
  } catch (error) {
    throw new Error(`Function "${one.name}": ${error instanceof Error ? error.message : error}`);
  }
}

const timerInput = (status: ScheduleStatus | undefined, isPastDue: boolean): Invocation => ({
  input: {
    json: JSON.stringify({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: status,
      IsPastDue: isPastDue,
    }),
  },
});

/** Runs a function by its schedule, one run at a time. */
function runTimer(one: RegisteredFunction, { invoke, db, log }: HostServices): Listener {
  const schedule = scheduleOf(one);
  const { useMonitor, runOnStartup } = one.trigger.binding;
  const monitored = isMonitored(schedule, useMonitor, new Date());
  const stopping = new AbortController();
  let status = monitored ? readStatus(db, one.name) : undefined;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  const run = async (due: Date, isPastDue: boolean): Promise<void> => {
    await invokeWithRetry(invoke, one, timerInput(status, isPastDue), { stopping: stopping.signal, log }).catch(
      // Told by then; a timer that failed comes again by its schedule.
      () => {},
    );
    // Timers may fire a little early: counted from the moment that was due, no moment comes twice.
    const from = isPastDue ? new Date() : new Date(Math.max(Date.now(), due.getTime()));
    status = {
      Last: from.toISOString(),
      LastUpdated: from.toISOString(),
      Next: schedule.next(from).toISOString(),
    };
    if (monitored) writeStatus(db, one.name, status);
    wait(new Date(status.Next));
  };
  const wait = (due: Date): void => {
    if (stopping.signal.aborted) return;
    const milliseconds = due.getTime() - Date.now();
    timer = setTimeout(
      () => {
        if (milliseconds > longest) wait(due);
        else running = run(due, false);
      },
      Math.min(Math.max(0, milliseconds), longest),
    );
  };

  const now = new Date();
  const missed = status !== undefined && missedRun(status, schedule, now);
  const next = schedule.next(now);
  status ??= { Last: never, LastUpdated: never, Next: next.toISOString() };
  if (missed || runOnStartup === true) running = run(now, missed);
  else {
    if (monitored) writeStatus(db, one.name, { ...status, Next: next.toISOString() });
    wait(next);
  }
  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}

/**
 * Whether a run came due while the host was away. A schedule that was changed meanwhile counts from the last run on, so
 * that a new one is not taken for a missed one.
 */
function missedRun(kept: ScheduleStatus, schedule: Schedule, now: Date): boolean {
  const next = Date.parse(kept.Next);
  const expected = kept.Last === never ? next : schedule.next(new Date(kept.Last)).getTime();
  return Math.max(next, expected) <= now.getTime();
}

function readStatus(db: DatabaseSync, name: string): ScheduleStatus | undefined {
  const row = db.prepare('SELECT last, next FROM timers WHERE name = ?').get(name) as
    | { last: string; next: string }
    | undefined;
  return row && { Last: row.last, LastUpdated: row.last, Next: row.next };
}

function writeStatus(db: DatabaseSync, name: string, { Last, Next }: ScheduleStatus): void {
  db.prepare('INSERT OR REPLACE INTO timers VALUES (?, ?, ?)').run(name, Last, Next);
}
