import type { Delivery, Store, Subscription } from './store.ts';

/** https://learn.microsoft.com/azure/event-grid/delivery-and-retry: then every 12 hours, up to a day or 30 attempts. */
const documentedSchedule = [10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200].map((seconds) => seconds * 1000);
const timeToLive = 24 * 3600_000;
const maximumAttempts = 30;
const answerTimeout = 30_000;
const atOnce = 16;
/** Answers after which the service does not try again. */
const final = new Set([400, 401, 403, 413]);

/** Delivers what is due until stopped. A subscriber is asked once for its consent (CloudEvents webhook handshake). */
export function startDeliveries(options: {
  store: Store;
  subscriptionsOf: (topic: string) => Subscription[];
  log: (line: string) => void;
  schedule?: readonly number[];
}): { wake: () => void; stop: () => Promise<void> } {
  const { store, subscriptionsOf, log, schedule = documentedSchedule } = options;
  const validated = new Set<string>();
  const underWay = new Set<number>();
  let stopped = false;
  let round: Promise<void> | undefined;

  const one = async (delivery: Delivery): Promise<void> => {
    const subscription = subscriptionsOf(delivery.topic).find(({ name }) => name === delivery.subscription);
    if (subscription === undefined) return store.done(delivery.id);
    const status = await send(subscription, delivery, validated);
    if (status !== undefined && status >= 200 && status <= 204) return store.done(delivery.id);
    const attempts = delivery.attempts + 1;
    const age = Date.now() - delivery.published;
    if ((status !== undefined && final.has(status)) || attempts >= maximumAttempts || age >= timeToLive) {
      log(
        `event-grid: an event for ${delivery.subscription} is dead-lettered (${status ?? 'no answer'}, ${attempts} attempts)`,
      );
      return store.deadLetter(
        delivery,
        status !== undefined && final.has(status) ? 'Undeliverable' : 'MaxDeliveryAttemptsExceeded',
        Date.now(),
      );
    }
    return store.later(
      delivery.id,
      attempts,
      Date.now() + (schedule[Math.min(attempts - 1, schedule.length - 1)] ?? 0),
    );
  };

  const run = async (): Promise<void> => {
    for (;;) {
      const due = stopped ? [] : store.due(Date.now(), atOnce).filter(({ id }) => !underWay.has(id));
      if (due.length === 0) return;
      await Promise.all(
        due.map(async (delivery) => {
          underWay.add(delivery.id);
          await one(delivery).finally(() => underWay.delete(delivery.id));
        }),
      );
    }
  };
  const wake = (): void => {
    round ??= run()
      .catch((error: unknown) => log(`event-grid: ${String(error)}`))
      .finally(() => {
        round = undefined;
      });
  };
  const timer = setInterval(wake, 250);
  return {
    wake,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await round;
    },
  };
}

/** @returns the subscriber's status; undefined when it did not answer. */
async function send(
  subscription: Subscription,
  delivery: Delivery,
  validated: Set<string>,
): Promise<number | undefined> {
  const signal = AbortSignal.timeout(answerTimeout);
  try {
    if (!validated.has(subscription.endpoint)) {
      const consent = await fetch(subscription.endpoint, {
        method: 'OPTIONS',
        signal,
        headers: { 'webhook-request-origin': 'eventgrid.azure.net', 'webhook-request-rate': '120' },
      });
      await consent.arrayBuffer();
      if (consent.headers.get('webhook-allowed-origin') === null) return undefined;
      validated.add(subscription.endpoint);
    }
    const answer = await fetch(subscription.endpoint, {
      method: 'POST',
      signal,
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'aeg-event-type': 'Notification',
        'aeg-subscription-name': subscription.name.toUpperCase(),
        'aeg-delivery-count': String(delivery.attempts),
      },
      body: delivery.event,
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    validated.delete(subscription.endpoint);
    return undefined;
  }
}
