import { setTimeout as delay } from 'node:timers/promises';
import {
  isServiceBusError,
  type ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusSessionReceiver,
} from '@azure/service-bus';
import type { RegisteredFunction } from '../core-api.ts';
import type { HostServices, Listener } from '../extension.ts';
import { describeError } from '../log.ts';
import { pause } from '../retry.ts';
import { Batches } from './batches.ts';
import { type Entity, entityOf } from './entity.ts';
import { type Handling, handle } from './handle.ts';
import { keepLocked } from './keep-locked.ts';
import { openClient } from './open-client.ts';
import { Settlement } from './settlement.ts';

interface Context extends Handling {
  readonly client: ServiceBusClient;
  readonly entity: Entity;
  readonly settings: HostServices['host']['serviceBus'];
  readonly stopping: AbortSignal;
}

/** Wait before the broker is asked again after it failed, ms. */
const retryAfter = 1_000;
/** How long a stop waits for functions that are under way, ms. */
const drainFor = 10_000;

/** Listens to a queue or subscription for one function. */
export function listenToServiceBus(one: RegisteredFunction, { invoke, settings, host, log }: HostServices): Listener {
  const { binding } = one.trigger;
  const stopping = new AbortController();
  const client = openClient(settings, binding['connection'], one.name, {
    retryOptions: { maxRetries: 1, retryDelayInMs: 500, timeoutInMs: 10_000 },
  });
  const context: Context = {
    one,
    invoke,
    log,
    client,
    entity: entityOf(one),
    batch: binding['cardinality'] === 'many',
    autoComplete:
      typeof binding['autoCompleteMessages'] === 'boolean'
        ? binding['autoCompleteMessages']
        : host.serviceBus.autoCompleteMessages,
    settings: host.serviceBus,
    stopping: stopping.signal,
  };
  const running =
    binding['isSessionsEnabled'] === true
      ? Array.from({ length: host.serviceBus.maxConcurrentSessions }, () => runSessions(context))
      : [runReceiver(context)];
  return {
    async stop() {
      stopping.abort();
      await Promise.race([Promise.allSettled(running), delay(drainFor, undefined, { ref: false })]);
      await client.close().catch(() => {});
    },
  };
}

/** Takes one session after the other, each until it is idle. Messages of a session come one at a time, in order. */
async function runSessions(context: Context): Promise<void> {
  const { entity, client, settings, stopping, batch } = context;
  const size = batch ? settings.maxMessageBatchSize : settings.maxConcurrentCallsPerSession;
  while (!stopping.aborted) {
    let session: ServiceBusSessionReceiver | undefined;
    try {
      const next = entity.nextSession(client, { maxAutoLockRenewalDurationInMs: settings.maxAutoLockRenewal });
      // The client waits out its time for a session, whatever its abort signal says: a stop does not wait with it.
      session = await unlessAborted(next, stopping);
      if (session === undefined) return void next.then((late) => late.close()).catch(() => {});
      const settlement = new Settlement(session);
      for (;;) {
        const messages = await session.receiveMessages(size, {
          maxWaitTimeInMs: settings.sessionIdleTimeout,
          abortSignal: stopping,
        });
        if (messages.length === 0) break;
        if (batch) await handle(messages, settlement, context);
        else await Promise.all(messages.map((message) => handle([message], settlement, context)));
      }
    } catch (error) {
      const usual = ['ServiceTimeout', 'SessionCannotBeLocked', 'SessionLockLost'];
      if (!stopping.aborted && !(isServiceBusError(error) && usual.includes(error.code))) {
        context.log('warning', `Function.${context.one.name}`, `cannot receive: ${describeError(error)}`);
        await pause(retryAfter, stopping);
      }
    } finally {
      await session?.close().catch(() => {});
    }
  }
}

/** Receives without pause: as soon as one message is settled the next one comes, up to the number allowed at once. */
async function runReceiver(context: Context): Promise<void> {
  const { entity, client, settings, stopping, batch, log, one } = context;
  const { maxAutoLockRenewal } = settings;
  const receiver = entity.receiver(client, {
    maxAutoLockRenewalDurationInMs: context.autoComplete ? maxAutoLockRenewal : 0,
  });
  const settlement = new Settlement(receiver);
  const take = async (messages: readonly ServiceBusReceivedMessage[]): Promise<void> => {
    const letGo = context.autoComplete ? undefined : keepLocked(receiver, messages, maxAutoLockRenewal);
    await handle(messages, settlement, context).finally(letGo);
  };
  const batches = new Batches(
    {
      smallest: settings.minMessageBatchSize,
      largest: settings.maxMessageBatchSize,
      longestWait: settings.maxBatchWaitTime,
    },
    take,
    stopping,
  );
  const underWay = new Set<Promise<void>>();
  let told = '';
  const subscription = receiver.subscribe(
    {
      processMessage: async (message) => {
        told = '';
        const work = batch ? batches.add(message) : take([message]);
        underWay.add(work);
        await work.finally(() => underWay.delete(work));
      },
      processError: async ({ error }) => {
        // The client goes on trying: said once, not at each attempt.
        const what = describeError(error);
        if (what !== told && !stopping.aborted) log('warning', `Function.${one.name}`, `cannot receive: ${what}`);
        told = what;
      },
    },
    {
      maxConcurrentCalls: batch ? settings.maxMessageBatchSize : settings.maxConcurrentCalls,
      autoCompleteMessages: false,
    },
  );
  await unlessAborted(new Promise(() => {}), stopping);
  await subscription.close().catch(() => {});
  await Promise.allSettled(underWay);
  await receiver.close().catch(() => {});
}

/** What the work results in, or undefined as soon as it is time to stop. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
