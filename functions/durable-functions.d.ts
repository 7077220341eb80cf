/** What durable-functions 3.5.0 wraps an orchestrator with when it registers one; it has no types of its own. */
declare module 'durable-functions/lib/src/util/testingUtils.js' {
  import type { OrchestrationHandler } from 'durable-functions';

  export function createOrchestrator(
    orchestrator: OrchestrationHandler,
  ): (input: unknown, context: unknown) => Promise<unknown>;
}
