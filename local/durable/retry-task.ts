import type { RetryPolicy } from './actions.ts';
import type { Task, TaskTracker } from './task.ts';
import type { TaskNode } from './task-node.ts';

/** After every failed attempt the SDK waits, after the last one too; then it gives up (its `RetryableTask`). */
export function retryTask(
  node: TaskNode,
  task: Task,
  policy: RetryPolicy | undefined,
  { track, now }: TaskTracker,
): TaskNode {
  if (policy === undefined) throw new Error('durable-functions asked for a retry without saying how.');
  let attempt = 1;
  let pausing = false;
  const again = (next: Task): TaskNode => track(node.child(), next);
  node.childEnded = (child) => {
    if (pausing) {
      pausing = false;
      if (attempt > policy.maxNumberOfAttempts) node.giveUp();
      else again(task);
    } else if (child.state === 'completed') node.end(false);
    else {
      again({ kind: 'timer', fireAt: new Date(now() + pauseAfter(policy, attempt)).toISOString(), cancelled: false });
      attempt++;
      pausing = true;
    }
  };
  again(task);
  return node;
}

/** Milliseconds. */
const pauseAfter = (policy: RetryPolicy, attempt: number): number =>
  Math.min(
    policy.firstRetryIntervalInMilliseconds * (policy.backoffCoefficient ?? 1) ** (attempt - 1),
    policy.maxRetryIntervalInMilliseconds ?? Number.POSITIVE_INFINITY,
  );
