import { runEntity } from './run-entity.ts';
import { runTurn } from './run-turn.ts';
import { runWork } from './run-work.ts';
import type { Work } from './store.ts';
import type { TaskHub } from './task-hub.ts';

/** One kind of thing that can run. */
interface Lane {
  readonly most: number;
  /** What can run at a moment (epoch milliseconds), at most so many. */
  find(limit: number, now: number): readonly { readonly key: string; run(): Promise<void> }[];
  readonly busy: Map<string, Promise<void>>;
}

/** Longest wait that setTimeout knows. */
const longest = 2 ** 31 - 1;
/** Milliseconds before what failed inside this host (a full disk, say) is tried again. */
const afterFault = 1_000;

/**
 * Runs what can run. All of it is found in the database, so a start after a crash needs nothing else, and however much
 * waits there, little of it is in memory.
 */
export class Pump {
  readonly #hub: TaskHub;
  readonly #lanes: readonly Lane[];
  #planned = false;
  #stopped = true;
  #alarm: NodeJS.Timeout | undefined;

  constructor(hub: TaskHub) {
    this.#hub = hub;
    this.#lanes = lanesOf(hub);
  }

  start(): void {
    this.#stopped = false;
    this.wake();
  }

  /** Looks for work, soon: many calls in one turn of the event loop are one look. */
  wake(): void {
    if (this.#stopped || this.#planned) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      if (!this.#stopped) this.#look();
    });
  }

  /** Starts nothing more, and waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#alarm);
    await Promise.allSettled(this.#lanes.flatMap(({ busy }) => [...busy.values()]));
  }

  #look(): void {
    // One moment for all of it: what is not due yet now is what the alarm has to be set for.
    const now = this.#hub.now().getTime();
    for (const lane of this.#lanes) {
      const { busy, most } = lane;
      if (busy.size >= most) continue;
      for (const { key, run } of lane.find(most + busy.size, now)) {
        if (busy.size >= most) break;
        if (!busy.has(key)) busy.set(key, this.#run(lane, key, run));
      }
    }
    this.#setAlarm(now);
  }

  async #run({ busy }: Lane, key: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#hub.log(`durable: ${error instanceof Error ? error.name : 'error'}; tried again in ${afterFault} ms`);
      await new Promise((resolve) => setTimeout(resolve, afterFault));
    }
    busy.delete(key);
    this.wake();
  }

  /** For the next timer. */
  #setAlarm(now: number): void {
    clearTimeout(this.#alarm);
    const next = this.#hub.store.get<{ due: number | null }>(
      'SELECT MIN(due) AS due FROM (SELECT MIN(due) AS due FROM inbox WHERE due > ?1 UNION SELECT MIN(due) FROM work WHERE due > ?1)',
      now,
    );
    if (next?.due == null) return;
    this.#alarm = setTimeout(() => this.wake(), Math.min(Math.max(1, next.due - now), longest));
  }
}

function lanesOf(hub: TaskHub): Lane[] {
  const { store, settings } = hub;
  return [
    {
      most: settings.maxConcurrentOrchestratorFunctions,
      busy: new Map(),
      find: (limit, now) =>
        store
          .all<{ id: string }>(
            `SELECT DISTINCT i.id FROM inbox b JOIN instances i ON i.id = b.instance
             WHERE b.due <= ? AND (b.execution IS NULL OR b.execution = i.execution) AND i.status IN ('Pending', 'Running') LIMIT ?`,
            now,
            limit,
          )
          .map(({ id }) => ({ key: id, run: () => runTurn(hub, id) })),
    },
    {
      most: settings.maxConcurrentActivityFunctions,
      busy: new Map(),
      find: (limit, now) =>
        store
          .all<Work>('SELECT * FROM work WHERE due <= ? ORDER BY due, n LIMIT ?', now, limit)
          .map((work) => ({ key: String(work.n), run: () => runWork(hub, work) })),
    },
    {
      most: settings.maxConcurrentEntityFunctions,
      busy: new Map(),
      find: (limit) =>
        store
          .all<{ id: string }>(
            `SELECT DISTINCT m.entity AS id FROM entity_inbox m LEFT JOIN entities e ON e.id = m.entity
             WHERE e.locked_by IS NULL OR m.execution = e.locked_by LIMIT ?`,
            limit,
          )
          .map(({ id }) => ({ key: id, run: () => runEntity(hub, id) })),
    },
  ];
}
