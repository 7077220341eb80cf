import type {
  ActivityAction,
  DurableHttpRequest,
  EntityAction,
  EntityName,
  LockAction,
  SubOrchestratorAction,
} from './actions.ts';
import type { TaskNode } from './task-node.ts';

/** What an orchestrator asked for that takes an id. */
export type Task =
  | { readonly kind: 'activity'; readonly action: ActivityAction }
  | { readonly kind: 'http'; readonly request: DurableHttpRequest /** RFC 3339. */; readonly notBefore?: string }
  | { readonly kind: 'timer' /** RFC 3339. */; readonly fireAt: string; readonly cancelled: boolean }
  | { readonly kind: 'sub-orchestration'; readonly action: SubOrchestratorAction }
  | { readonly kind: 'entity-call' | 'entity-signal'; readonly action: EntityAction }
  | { readonly kind: 'lock'; readonly action: LockAction }
  | { readonly kind: 'unlock'; readonly entity: EntityName };

/** Gives tasks their ids, while a history is replayed. */
export interface TaskTracker {
  /** The node gets the next id and waits for what ends it. */
  track(node: TaskNode, task: Task): TaskNode;
  /** Epoch milliseconds: the SDK's clock, which stands still during a turn. */
  now(): number;
}
