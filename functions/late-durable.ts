import type { DurableOrchestrationStatus, getClient, OrchestrationHandler } from 'durable-functions';
import { WardlineError } from '../shared/errors.ts';
import type { OrchestrationStatus, Orchestrations } from './orchestrations.ts';

/*
 * The one place that loads durable-functions, and only when it is used: loading costs 200 to 350 ms (2 cores), most of
 * it for the HTTP client in it, and all five apps are one bundle. Its own `app.orchestration` could be called at start
 * only, so the handler that it would register is made here, with the function that it makes it with (3.5.0, pinned).
 */

/** Replays an orchestrator for the Durable Functions extension. */
export function lateOrchestrator(orchestrator: OrchestrationHandler) {
  return async (input: unknown, context: unknown): Promise<unknown> => {
    const { createOrchestrator } = await import('durable-functions/lib/src/util/testingUtils.js');
    return createOrchestrator(orchestrator)(input, context);
  };
}

type Context = Parameters<typeof getClient>[0];

/** The client of an invocation that has a `durableClient` binding. */
export function lateOrchestrations(context: unknown): Orchestrations {
  const client = async () => (await import('durable-functions')).getClient(context as Context);
  return {
    async start(name, instanceId, input) {
      try {
        await (await client()).startNew(name, { instanceId, input });
        return true;
      } catch (cause) {
        // The client tells the extension's answer in words only.
        if (/status code: 409/.test(String(cause))) return false;
        throw unavailable(cause);
      }
    },
    async status(id) {
      try {
        return toStatus(await (await client()).getStatus(id));
      } catch (cause) {
        if (/HTTP 404/.test(String(cause))) return undefined;
        throw unavailable(cause);
      }
    },
  };
}

const unavailable = (cause: unknown): WardlineError =>
  new WardlineError('unavailable', 'Orchestrations cannot be reached now.', { cause, retryAfter: 5 });

const states: Readonly<Record<string, OrchestrationStatus['state']>> = {
  Pending: 'running',
  Running: 'running',
  ContinuedAsNew: 'running',
  Suspended: 'suspended',
  Completed: 'completed',
};

const toStatus = (status: DurableOrchestrationStatus): OrchestrationStatus => ({
  state: states[status.runtimeStatus] ?? 'failed',
  startedAt: status.createdTime,
  updatedAt: status.lastUpdatedTime,
  input: status.input,
  customStatus: status.customStatus,
});
