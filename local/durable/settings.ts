import { availableParallelism } from 'node:os';

/** `extensions.durableTask` of host.json, as far as this host honours it. */
export interface DurableSettings {
  readonly hubName: string;
  readonly maxConcurrentActivityFunctions: number;
  readonly maxConcurrentOrchestratorFunctions: number;
  readonly maxConcurrentEntityFunctions: number;
  readonly maxEntityOperationBatchSize: number;
  /** Version of orchestrations that are started without one. */
  readonly defaultVersion: string | undefined;
  /** Milliseconds between two requests of a poll when the answer does not say. */
  readonly pollPause: number;
}

/**
 * Reads the extension's settings (https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-bindings#host-json).
 * Where the state is kept is this host's own affair, so `storageProvider` is not looked at.
 * @throws Error for a setting that is wrong, or that would change what an orchestration does and is not supported here
 */
export function readDurableSettings(given: unknown): DurableSettings {
  const settings = Object(given) as Readonly<Record<string, unknown>>;
  const number = (name: string, fallback: number): number => {
    const value = settings[name] ?? fallback;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1)
      throw new Error(`host.json: durableTask.${name} takes a whole number from 1, not ${JSON.stringify(value)}.`);
    return value;
  };
  const hubName = settings['hubName'] ?? 'TestHubName';
  // https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-task-hubs#task-hub-names
  if (typeof hubName !== 'string' || !/^[A-Za-z][A-Za-z0-9]{2,44}$/.test(hubName))
    throw new Error('host.json: durableTask.hubName is 3 to 45 letters and digits, a letter first.');
  if (settings['versionMatchStrategy'] !== undefined && settings['versionMatchStrategy'] !== 'None')
    throw new Error('host.json: this host knows no durableTask.versionMatchStrategy but "None".');
  const version = settings['defaultVersion'];
  const pause = (Object(settings['httpSettings']) as Readonly<Record<string, unknown>>)[
    'defaultAsyncRequestSleepTimeMilliseconds'
  ];
  const perCore = 10 * availableParallelism();
  return {
    hubName,
    maxConcurrentActivityFunctions: number('maxConcurrentActivityFunctions', perCore),
    maxConcurrentOrchestratorFunctions: number('maxConcurrentOrchestratorFunctions', perCore),
    maxConcurrentEntityFunctions: number('maxConcurrentEntityFunctions', perCore),
    maxEntityOperationBatchSize: number('maxEntityOperationBatchSize', 50),
    defaultVersion: typeof version === 'string' ? version : undefined,
    pollPause: typeof pause === 'number' && pause > 0 ? pause : 30_000,
  };
}
