import { createInstance } from './create-instance.ts';
import { DurableError } from './durable-error.ts';
import { finishInstance } from './finish-instance.ts';
import { historyEvent } from './history.ts';
import { type Instance, isOver } from './store.ts';
import type { TaskHub } from './task-hub.ts';

/** @throws DurableError 404 */
export function instanceOf({ store }: TaskHub, id: string): Instance {
  const instance = store.instance(id);
  if (instance === undefined) throw new DurableError(404, `No instance with ID '${id}' found.`);
  return instance;
}

/** @throws DurableError 404, 410 when it is over */
function running(hub: TaskHub, id: string): Instance {
  const instance = instanceOf(hub, id);
  if (isOver(instance)) throw new DurableError(410, `The instance '${id}' is over (${instance.status}).`);
  return instance;
}

/** Ends an orchestration at once; activities under way run to their end, and nobody hears of it. */
export const terminate = (hub: TaskHub, id: string, reason: string): Promise<void> =>
  hub.commit.run(() => {
    const instance = running(hub, id);
    hub.store.append(id, [historyEvent('executionTerminated', hub.now(), { Input: reason })]);
    finishInstance(hub, instance, { status: 'Terminated', output: JSON.stringify(reason) });
  });

/** From now on the orchestration takes nothing; what arrives waits for it. */
export const suspend = (hub: TaskHub, id: string, reason: string): Promise<void> =>
  hub.commit.run(() => {
    if (running(hub, id).status === 'Suspended') return;
    hub.store.append(id, [historyEvent('executionSuspended', hub.now(), { Reason: reason })]);
    setStatus(hub, id, 'Suspended');
  });

export const resume = (hub: TaskHub, id: string, reason: string): Promise<void> =>
  hub.commit.run(() => {
    if (running(hub, id).status !== 'Suspended') return;
    hub.store.append(id, [historyEvent('executionResumed', hub.now(), { Reason: reason })]);
    setStatus(hub, id, 'Running');
  });

function setStatus(hub: TaskHub, id: string, status: 'Running' | 'Suspended'): void {
  hub.store.run('UPDATE instances SET status = ?, updated = ? WHERE id = ?', status, hub.now().getTime(), id);
}

/** @param data JSON text */
export const raiseEvent = (hub: TaskHub, id: string, name: string, data: string): Promise<void> =>
  hub.commit.run(() => {
    running(hub, id);
    const now = hub.now();
    hub.store.post(
      { instance: id, execution: null, due: now.getTime() },
      historyEvent('eventRaised', now, { Name: name, Input: data }),
    );
  });

/** @returns the id of the new instance */
export const restart = (hub: TaskHub, id: string, underNewId: boolean): Promise<string> =>
  hub.commit.run(() => {
    const old = hub.store.instance(id);
    if (old === undefined) throw new DurableError(400, 'InstanceId does not match a valid orchestration instance.');
    const { name, input, version, traceparent } = old;
    return createInstance(hub, { name, input, version, traceparent, id: underNewId ? undefined : id });
  });

/** @throws DurableError 404, 412 while it is not over */
export const purge = (hub: TaskHub, id: string): Promise<void> =>
  hub.commit.run(() => {
    const instance = instanceOf(hub, id);
    if (!isOver(instance))
      throw new DurableError(
        412,
        `Only orchestrations in a terminal state can be purged, but the orchestration with instance ID ${id} has status ${instance.status}`,
      );
    remove(hub, instance);
  });

/** @returns how many were over, fitted and are gone */
export const purgeAll = (hub: TaskHub, instances: readonly Instance[]): Promise<number> =>
  hub.commit.run(() => {
    const gone = instances.filter(isOver);
    for (const instance of gone) remove(hub, instance);
    return gone.length;
  });

function remove({ store }: TaskHub, { id, execution }: Instance): void {
  store.clear(id, execution);
  store.run('DELETE FROM instances WHERE id = ?', id);
}
