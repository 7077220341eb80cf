import type { App } from './app.ts';
import type { Trigger } from './trigger.ts';

/** What keeps the blobs of Binaries in step with the record. */
export const binaryContentTriggers = ({ records, telemetry }: Pick<App, 'records' | 'telemetry'>): Trigger[] => [
  {
    kind: 'timer',
    name: 'sweepContents',
    // At night, once a day: it looks at whole days.
    schedule: '0 40 2 * * *',
    async handler() {
      const removed = await records.sweepContents();
      if (removed > 0) telemetry.event('contents-swept', { removed });
    },
  },
];
