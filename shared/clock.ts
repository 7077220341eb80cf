import type { Clock } from './context.ts';

/** The machine's own time. */
export const systemClock: Clock = { now: () => new Date() };
