import type { DurableHttpRequest } from './actions.ts';
import { pollRequest } from './http-polling.ts';
import type { Task, TaskTracker } from './task.ts';
import type { TaskNode } from './task-node.ts';

/**
 * A request whose answer may be a 202 with a Location: then a timer, and the next request with the id after it (the SDK's
 * `CallHttpWithPollingTask`).
 * @param pause milliseconds, when the answer does not say
 */
export function pollTask(
  node: TaskNode,
  request: DurableHttpRequest,
  pause: number,
  { track, now }: TaskTracker,
): TaskNode {
  const requests = new Set<TaskNode>();
  const ask = (next: Task): void => {
    const child = node.child();
    requests.add(child);
    track(child, next);
  };
  node.childEnded = (child) => {
    if (child.state === 'failed') node.end(true);
    else if (requests.has(child)) {
      const poll = pollRequest(request, child.answer?.Result ?? '{}');
      if (poll === undefined) return node.end(false);
      const notBefore = new Date(now() + (poll.pause ?? pause)).toISOString();
      track(node.child(), { kind: 'timer', fireAt: notBefore, cancelled: false });
      ask({ kind: 'http', request: poll.request, notBefore });
    }
  };
  ask({ kind: 'http', request });
  return node;
}
