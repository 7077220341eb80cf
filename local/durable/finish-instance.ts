import { type FailureDetails, historyEvent } from './history.ts';
import type { Instance } from './store.ts';
import type { TaskHub } from './task-hub.ts';

/** How an orchestration ended. */
interface Ending {
  readonly status: 'Completed' | 'Failed' | 'Terminated';
  /** JSON text. */
  readonly output: string;
  readonly failureDetails?: unknown;
  /** JSON text: the actions of a failed one. */
  readonly actions?: string;
}

/**
 * Ends an orchestration and tells its parent. Belongs into a transaction. What is still under way for a failed one is
 * kept, because it may be rewound.
 */
export function finishInstance(hub: TaskHub, instance: Instance, ending: Ending): void {
  const { store } = hub;
  const { id, execution } = instance;
  const { status, output } = ending;
  const now = hub.now();
  store.append(id, [historyEvent('executionCompleted', now, { OrchestrationStatus: status, Result: output })]);
  store.run(
    'UPDATE instances SET status = ?, output = ?, actions = ?, updated = ? WHERE id = ?',
    status,
    output,
    ending.actions ?? null,
    now.getTime(),
    id,
  );
  if (status !== 'Failed') store.run('DELETE FROM inbox WHERE instance = ?', id);
  store.unlock(execution);
  const { parent, parent_execution, parent_task } = instance;
  if (parent === null || parent_execution === null || parent_task === null) return;
  store.answer(
    { instance: parent, execution: parent_execution, due: now.getTime() },
    status === 'Completed'
      ? historyEvent('subOrchestrationInstanceCompleted', now, { TaskScheduledId: parent_task, Result: output })
      : historyEvent('subOrchestrationInstanceFailed', now, {
          TaskScheduledId: parent_task,
          Reason: `Sub-orchestration '${instance.name}' ${status.toLowerCase()}: ${String(JSON.parse(output))}`,
          Details: '',
          ...(ending.failureDetails ? { FailureDetails: ending.failureDetails as FailureDetails } : {}),
        }),
  );
}
