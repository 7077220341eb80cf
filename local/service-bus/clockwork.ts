import type { RheaLink } from './amqp/rhea.ts';
import type { Broker } from './broker.ts';
import type { Namespace } from './entities/namespace.ts';
import { amqpErrors } from './errors.ts';
import type { SessionWaiters } from './links/session-waiters.ts';
import type { Stores } from './store/stores.ts';

/** Milliseconds. */
const every = { tick: 200, forgetting: 60_000 };
const atOnce = 1000;

/** What happens as time passes: locks end, messages expire or are due, duplicates are forgotten. @returns stops it */
export function startClockwork(parts: {
  namespace: Namespace;
  stores: Stores;
  broker: Broker;
  sessionWaiters: SessionWaiters;
  now: () => number;
  log: (line: string) => void;
}): () => void {
  const { namespace, stores, broker, sessionWaiters, now, log } = parts;
  const failed = (error: unknown): void => log(`service-bus: what was due could not be done: ${String(error)}`);
  const tick = async (): Promise<void> => {
    for (const queue of namespace.queues)
      for (const { holder } of queue.tick()) (holder as RheaLink).close(amqpErrors.sessionLockLost());
    sessionWaiters.tick();
    broker.tick();
    const { messages } = stores;
    const work: Promise<void>[] = [];
    for (const message of messages.due(now(), atOnce)) {
      const entity = namespace.byId(message.entity);
      if (entity !== undefined) work.push((entity.kind === 'topic' ? entity.topic : entity.queue).activate(message));
    }
    for (const message of messages.expired(now(), atOnce)) {
      const entity = namespace.byId(message.entity);
      if (entity !== undefined && entity.kind !== 'topic') work.push(entity.queue.expire(message));
    }
    for (const { queue } of [...namespace.list('queue'), ...namespace.list('subscription')])
      if (queue.options.forwardTo !== undefined) work.push(queue.forwardBacklog(atOnce));
    await Promise.all(work);
  };
  let busy = false;
  const ticking = setInterval(() => {
    if (busy) return;
    busy = true;
    tick()
      .catch(failed)
      .finally(() => {
        busy = false;
      });
  }, every.tick);
  const forgetting = setInterval(() => {
    const work = [...namespace.list('queue'), ...namespace.list('topic')].map((entity) => {
      const { options } = entity.kind === 'topic' ? entity.topic : entity.queue;
      if (options.duplicateWindow === 0) return undefined;
      const before = now() - options.duplicateWindow;
      return stores.change(() => stores.duplicates.forget(entity.id, before));
    });
    Promise.all(work).catch(failed);
  }, every.forgetting);
  return () => {
    clearInterval(ticking);
    clearInterval(forgetting);
  };
}
