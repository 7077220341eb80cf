import { commitTurn } from './commit-turn.ts';
import { type HistoryEvent, historyEvent } from './history.ts';
import { runOrchestrator } from './run-orchestrator.ts';
import type { TaskHub } from './task-hub.ts';

/**
 * One turn of an orchestration: what has arrived is shown to the orchestrator, and what it does then becomes durable in
 * one transaction together with the fact that it was shown. Killed before that, the turn never was.
 */
export async function runTurn(hub: TaskHub, id: string): Promise<void> {
  const { store } = hub;
  const instance = store.instance(id);
  if (instance === undefined || (instance.status !== 'Pending' && instance.status !== 'Running')) return;
  const inbox = store.inbox(id, instance.execution, hub.now().getTime());
  if (inbox.length === 0) return;
  const past = store.history(id).map((event): HistoryEvent => ({ ...event, IsPlayed: true }));
  const arrived = inbox.map(({ event }) => JSON.parse(event) as HistoryEvent);
  const started = historyEvent('orchestratorStarted', hub.now());
  const result = await runOrchestrator(hub, instance, [...past, started, ...arrived]);
  await hub.commit.run(() => commitTurn(hub, { instance, past, inbox, fresh: [started, ...arrived], result }));
  hub.wake();
}
