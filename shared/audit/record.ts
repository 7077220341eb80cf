import type { Bus } from '../azure/bus.ts';
import type { Telemetry } from '../azure/telemetry.ts';
import type { Ods } from '../context.ts';
import { queues } from '../topology.ts';
import type { AuditEntry } from './entry.ts';

/** Where an entry waits when the queue does not answer. */
export interface Outbox {
  leaveInOutbox(trust: Ods, patient: string | undefined, entry: AuditEntry): Promise<void>;
}

/** Milliseconds: nobody waits longer for the queue. */
const confirmWithin = 300;
/** Milliseconds for which a queue that just failed is left alone: else everybody would wait for it, again and again. */
const leaveAlone = 1_000;

/**
 * Makes an entry durable: on the queue, or, when that does not confirm in time, in the outbox under the same id. Both
 * may happen; the chain keeps one.
 * @param now milliseconds of a clock that never goes back
 */
export function createRecorder(deps: {
  bus: Bus;
  outbox: Outbox;
  telemetry: Pick<Telemetry, 'event'>;
  now: () => number;
}): (entry: AuditEntry) => Promise<void> {
  const { bus, outbox, telemetry, now } = deps;
  let askAgainAt = Number.NEGATIVE_INFINITY;
  return async (entry) => {
    const leave = (): Promise<void> => outbox.leaveInOutbox(entry.trust, entry.patients[0], entry);
    const send = (): Promise<void> =>
      bus.send(queues.audit, [{ messageId: entry.id, body: entry, traceparent: entry.traceparent }]);
    const isLeftAlone = now() < askAgainAt;
    if (isLeftAlone && (await leave().then(...toBoolean))) return;
    const sent = send();
    if (await inTime(sent)) return;
    askAgainAt = now() + leaveAlone;
    telemetry.event('audit-queue-slow', { entry: entry.id });
    // Whichever is durable first; only when both fail is the entry lost, and then nobody gets an answer.
    await Promise.any([sent, leave()]);
  };
}

const toBoolean = [() => true, () => false] as const;

/** Whether work succeeds within the time that anybody waits. */
async function inTime(work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, confirmWithin, false);
  });
  try {
    return await Promise.race([work.then(...toBoolean), late]);
  } finally {
    clearTimeout(timer);
  }
}
