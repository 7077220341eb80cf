import { setTimeout as sleep } from 'node:timers/promises';
import { processorTimes } from './cpu.ts';

/** Milliseconds of processor time in a second, of all processes together: timers and polls, no work. */
const idle = 250;
const patience = 120_000;

/** Waits until the processes of a running Wardline have nothing left to do (where that can be seen: Linux). */
export async function untilQuiet(state: string): Promise<void> {
  const total = (): number => [...processorTimes(state).values()].reduce((sum, one) => sum + one, 0);
  const until = Date.now() + patience;
  for (let last = total(); Date.now() < until; ) {
    await sleep(1000);
    const now = total();
    if (now - last < idle) return;
    last = now;
  }
}
