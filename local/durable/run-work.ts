import type { TypedData } from '../functions/typed-data.ts';
import { callHttp } from './call-http.ts';
import { type EventDetails, type FailureDetails, historyEvent } from './history.ts';
import type { Work } from './store.ts';
import type { TaskHub } from './task-hub.ts';

/**
 * Runs an activity, or a request of an orchestrator, and tells the orchestration what came of it. Killed before that is
 * durable, it runs again: at least once.
 */
export async function runWork(hub: TaskHub, work: Work): Promise<void> {
  const { instance, execution, task } = work;
  const event = await (work.kind === 'http' ? request(hub, work) : activity(hub, work)).then(
    (Result) => historyEvent('taskCompleted', hub.now(), { TaskScheduledId: task, Result }),
    (error: unknown) =>
      historyEvent('taskFailed', hub.now(), { TaskScheduledId: task, ...failureOf(work.name, error) }),
  );
  await hub.commit.run(() => {
    // Gone when the instance was purged or started anew.
    if (hub.store.run('DELETE FROM work WHERE n = ?', work.n) === 0) return;
    hub.store.answer({ instance, execution, due: hub.now().getTime() }, event);
  });
  hub.wake();
}

/** @returns JSON text of what the activity returned */
async function activity(hub: TaskHub, { name, input, instance }: Work): Promise<string> {
  const returned = await hub.invoke(hub.find('activityTrigger', name), {
    input: input === null ? { json: 'null' } : { string: input },
    metadata: { instanceId: { string: instance }, data: { json: input ?? 'null' } },
    traceparent: hub.store.instance(instance)?.traceparent ?? undefined,
  });
  return jsonOf(returned);
}

const request = async (hub: TaskHub, { input }: Work): Promise<string> =>
  JSON.stringify(await callHttp(JSON.parse(input ?? '{}'), hub.environment));

function jsonOf(data: TypedData | undefined): string {
  // A handler that returns nothing, or null.
  if (data == null) return 'null';
  if ('json' in data) return data.json;
  if ('string' in data) return JSON.stringify(data.string);
  if ('int' in data) return String(data.int);
  if ('double' in data) return String(data.double);
  if ('bytes' in data) return JSON.stringify(Buffer.from(data.bytes).toString('base64'));
  return 'null';
}

function failureOf(name: string, error: unknown): EventDetails {
  const message = error instanceof Error ? error.message : String(error);
  const details = failureDetails(message);
  return {
    Reason: `Activity function '${name}' failed: ${details?.ErrorMessage ?? message}`,
    Details: error instanceof Error ? (error.stack ?? '') : '',
    ...(details === undefined ? {} : { FailureDetails: details }),
  };
}

/** The SDK puts an error's properties, where the app wants them kept, into the message (`wrapActivityHandler`). */
function failureDetails(message: string): FailureDetails | undefined {
  if (!message.startsWith('{"errorType":')) return undefined;
  try {
    const given = JSON.parse(message) as Readonly<Record<string, unknown>>;
    return {
      ErrorType: String(given['errorType']),
      ErrorMessage: String(given['errorMessage']),
      ...(typeof given['stackTrace'] === 'string' ? { StackTrace: given['stackTrace'] } : {}),
      IsNonRetriable: given['isNonRetriable'] === true,
      Properties: given['properties'],
    };
  } catch {
    return undefined;
  }
}
