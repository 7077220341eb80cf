import type { DatabaseSync } from 'node:sqlite';
import type { RegisteredFunction } from './core-api.ts';
import type { Invoke } from './invoke.ts';
import { parseSchedule } from './ncrontab.ts';
import type { Listener } from './service-bus-trigger.ts';

/** Where timers keep when they last ran, so that one that came due while the host was away is told so. */
export const timerSchema =
  'CREATE TABLE IF NOT EXISTS timers (name TEXT PRIMARY KEY, last TEXT NOT NULL, next TEXT NOT NULL) WITHOUT ROWID;';

/** Longest wait that setTimeout knows. */
const longest = 2 ** 31 - 1;

/** Runs a function by its schedule, one run at a time. @throws Error for a schedule that is wrong */
export function runTimer(options: {
  one: RegisteredFunction;
  invoke: Invoke;
  db: DatabaseSync;
  log: (line: string) => void;
}): Listener {
  const { one, invoke, db, log } = options;
  const schedule = parseSchedule(String(one.trigger.binding.schedule));
  const kept = db.prepare('SELECT last, next FROM timers WHERE name = ?').get(one.name) as
    | { last: string; next: string }
    | undefined;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  const run = async (isPastDue: boolean): Promise<void> => {
    const last = new Date();
    const next = schedule.next(last);
    const status = { Last: last.toISOString(), LastUpdated: last.toISOString(), Next: next.toISOString() };
    const input = { Schedule: { AdjustForDST: true }, ScheduleStatus: status, IsPastDue: isPastDue };
    await invoke(one, { input: { json: JSON.stringify(input) } }).catch((error: unknown) =>
      log(`${one.name}: failed with ${error instanceof Error ? error.name : 'an error'}`),
    );
    db.prepare('INSERT OR REPLACE INTO timers VALUES (?, ?, ?)').run(one.name, status.Last, status.Next);
    wait(next);
  };
  const wait = (due: Date): void => {
    if (stopped) return;
    const milliseconds = due.getTime() - Date.now();
    timer = setTimeout(
      () => (milliseconds > longest ? wait(due) : start(false)),
      Math.min(Math.max(0, milliseconds), longest),
    );
  };
  const start = (isPastDue: boolean): void => {
    running = run(isPastDue);
  };

  const pastDue = kept !== undefined && Date.parse(kept.next) < Date.now();
  if (pastDue || one.trigger.binding.runOnStartup === true) start(pastDue);
  else wait(schedule.next(new Date()));
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
