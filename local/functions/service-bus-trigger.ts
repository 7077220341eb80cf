import {
  isServiceBusError,
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
  type ServiceBusSessionReceiver,
} from '@azure/service-bus';
import type { RegisteredFunction } from './core-api.ts';
import type { HostSettings } from './host-json.ts';
import type { Invoke } from './invoke.ts';
import { type TypedData, textOf, toMetadata } from './typed-data.ts';

/** Something that runs until it is stopped; stopping waits for what is under way. */
export interface Listener {
  stop(): Promise<void>;
}

interface Context {
  readonly one: RegisteredFunction;
  readonly invoke: Invoke;
  readonly settings: HostSettings['serviceBus'];
  readonly connection: string;
  readonly log: (line: string) => void;
}

const retryAfter = 1_000;

/**
 * Listens to a queue or subscription for one function: completes on return, abandons on throw. Outcomes are settled
 * one after the other: rhea 3.0.5 merges two different ones of one turn into a single frame and would complete an
 * abandoned message.
 */
export function listenToServiceBus(context: Context): Listener {
  const { binding } = context.one.trigger;
  const stopping = new AbortController();
  const text = (name: string): string => String(binding[name] ?? '');
  const entity: [string] | [string, string] =
    binding['queueName'] === undefined ? [text('topicName'), text('subscriptionName')] : [text('queueName')];
  const client = new ServiceBusClient(context.connection, {
    retryOptions: { maxRetries: 1, retryDelayInMs: 500, timeoutInMs: 10_000 },
  });
  const batch = binding['cardinality'] === 'many';
  const running: Promise<void>[] = [];
  if (binding['isSessionsEnabled'] === true) {
    for (let i = 0; i < context.settings.maxConcurrentSessions; i++)
      running.push(runSessions(client, entity, batch, context, stopping.signal));
  } else running.push(runReceiver(client, entity, batch, context, stopping.signal));
  return {
    async stop() {
      stopping.abort();
      await Promise.race([Promise.allSettled(running), new Promise((resolve) => setTimeout(resolve, 10_000))]);
      await client.close().catch(() => {});
    },
  };
}

/** Takes one session after the other, each until it is idle. */
async function runSessions(
  client: ServiceBusClient,
  entity: [string] | [string, string],
  batch: boolean,
  context: Context,
  stopping: AbortSignal,
): Promise<void> {
  const options = { maxAutoLockRenewalDurationInMs: context.settings.maxAutoLockRenewal, abortSignal: stopping };
  while (!stopping.aborted) {
    let receiver: ServiceBusSessionReceiver | undefined;
    try {
      receiver =
        entity.length === 1
          ? await client.acceptNextSession(entity[0], options)
          : await client.acceptNextSession(entity[0], entity[1], options);
      for (;;) {
        const messages = await receiver.receiveMessages(batch ? context.settings.maxMessageBatchSize : 1, {
          maxWaitTimeInMs: context.settings.sessionIdleTimeout,
          abortSignal: stopping,
        });
        if (messages.length === 0) break;
        await handle(receiver, messages, batch, context);
      }
    } catch (error) {
      if (
        !stopping.aborted &&
        !(
          isServiceBusError(error) &&
          ['ServiceTimeout', 'SessionCannotBeLocked', 'SessionLockLost'].includes(error.code)
        )
      ) {
        await pause(retryAfter, stopping);
      }
    } finally {
      await receiver?.close().catch(() => {});
    }
  }
}

async function runReceiver(
  client: ServiceBusClient,
  entity: [string] | [string, string],
  batch: boolean,
  context: Context,
  stopping: AbortSignal,
): Promise<void> {
  const options = { maxAutoLockRenewalDurationInMs: context.settings.maxAutoLockRenewal };
  const size = batch ? context.settings.maxMessageBatchSize : context.settings.maxConcurrentCalls;
  while (!stopping.aborted) {
    let receiver: ServiceBusReceiver | undefined;
    try {
      receiver =
        entity.length === 1
          ? client.createReceiver(entity[0], options)
          : client.createReceiver(entity[0], entity[1], options);
      while (!stopping.aborted) {
        const messages = await receiver.receiveMessages(size, { maxWaitTimeInMs: 30_000, abortSignal: stopping });
        if (messages.length > 0) await handle(receiver, messages, batch, context);
      }
    } catch {
      if (!stopping.aborted) await pause(retryAfter, stopping);
    } finally {
      await receiver?.close().catch(() => {});
    }
  }
}

/** One call for a batch, else a call a message, side by side; then each is settled by its own outcome. */
async function handle(
  receiver: ServiceBusReceiver,
  messages: readonly ServiceBusReceivedMessage[],
  batch: boolean,
  { one, invoke, log }: Context,
): Promise<void> {
  const calls = batch
    ? [
        {
          messages,
          input: { collectionString: { string: messages.map(({ body }) => bodyText(body)) } } as TypedData,
          metadata: batchMetadata(messages),
        },
      ]
    : messages.map((message) => ({
        messages: [message],
        input: { string: bodyText(message.body) } as TypedData,
        metadata: toMetadata(metadataOf(message)),
      }));
  const outcomes = await Promise.all(
    calls.map(async (call) => {
      try {
        await invoke(one, { input: call.input, metadata: call.metadata, traceparent: traceparentOf(call.messages[0]) });
        return { messages: call.messages, failed: false };
      } catch (error) {
        log(
          `${one.name}: failed with ${error instanceof Error ? error.name : 'an error'} (delivery ${(call.messages[0]?.deliveryCount ?? 0) + 1})`,
        );
        return { messages: call.messages, failed: true };
      }
    }),
  );
  for (const failed of [false, true]) {
    for (const outcome of outcomes.filter((candidate) => candidate.failed === failed)) {
      // A lost lock means that another delivery is coming; the handlers are idempotent.
      await Promise.allSettled(
        outcome.messages.map((message) =>
          failed ? receiver.abandonMessage(message) : receiver.completeMessage(message),
        ),
      );
    }
  }
}

const bodyText = (body: unknown): string => (Buffer.isBuffer(body) ? body.toString('utf8') : textOf(body));

/** Names as the extension's (functions-bindings-service-bus-trigger, message metadata). */
function metadataOf(message: ServiceBusReceivedMessage): Record<string, unknown> {
  return {
    MessageId: String(message.messageId ?? ''),
    DeliveryCount: (message.deliveryCount ?? 0) + 1,
    EnqueuedTimeUtc: message.enqueuedTimeUtc?.toISOString(),
    ExpiresAtUtc: message.expiresAtUtc?.toISOString(),
    SequenceNumber: Number(message.sequenceNumber ?? 0),
    LockToken: message.lockToken,
    SessionId: message.sessionId,
    ContentType: message.contentType,
    CorrelationId: message.correlationId === undefined ? undefined : String(message.correlationId),
    Subject: message.subject,
    To: message.to,
    ReplyTo: message.replyTo,
    ApplicationProperties: message.applicationProperties ?? {},
  };
}

function batchMetadata(messages: readonly ServiceBusReceivedMessage[]): Record<string, TypedData> {
  const rows = messages.map(metadataOf);
  const names = Object.keys(rows[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [`${name}Array`, { json: JSON.stringify(rows.map((row) => row[name] ?? null)) }]),
  );
}

function traceparentOf(message: ServiceBusReceivedMessage | undefined): string | undefined {
  const value = message?.applicationProperties?.['Diagnostic-Id'];
  return typeof value === 'string' ? value : undefined;
}

const pause = (milliseconds: number, stopping: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    stopping.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
