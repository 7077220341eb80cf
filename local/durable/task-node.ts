import { type HistoryEvent, isFailure } from './history.ts';

/** A task as the SDK keeps it: running, or ended in one way or the other, and telling its parent. */
export class TaskNode {
  state: 'running' | 'completed' | 'failed' = 'running';
  parent: TaskNode | undefined;
  /** Ids of its attempts; none for what is made of other tasks. */
  readonly ids: number[] = [];
  readonly children: TaskNode[] = [];
  /** What ended it. */
  answer: HistoryEvent | undefined;
  /** An entity's answer arrives as an event, whether the operation failed or not. */
  answersWithException = false;
  childEnded: (child: TaskNode) => void = () => {};
  #endedEarly = false;
  #blamed: readonly TaskNode[] | undefined;

  end(failed: boolean, answer?: HistoryEvent): void {
    this.state = failed ? 'failed' : 'completed';
    this.answer = answer;
    this.parent?.childEnded(this);
  }

  /** Nothing to wait for. */
  done(): this {
    this.state = 'completed';
    return this;
  }

  child(): TaskNode {
    const child = new TaskNode();
    child.parent = this;
    this.children.push(child);
    return child;
  }

  /** `Task.all` fails with the first that fails; `Task.any` ends with the first that ends. */
  combine(how: 'all' | 'any', size: number): void {
    this.childEnded = (child) => {
      if (this.state !== 'running') return;
      if (how === 'any') this.end(false);
      else if (child.state === 'failed') this.end(true);
      else if (this.children.length < size) this.#endedEarly = true;
      else this.#endIfAll();
    };
  }

  /** All children are there; some may have ended the moment they were met. */
  combined(): this {
    if (this.#endedEarly && this.state === 'running') this.#endIfAll();
    return this;
  }

  #endIfAll(): void {
    if (this.children.every(({ state }) => state === 'completed')) this.end(false);
  }

  /** Fails a retry: with its last attempt, and the pause after that. */
  giveUp(): void {
    this.#blamed = this.children.slice(-2);
    this.end(true);
  }

  failedBy(event: HistoryEvent): boolean {
    if (!this.answersWithException) return isFailure(event);
    return typeof (JSON.parse(event.Input ?? '{}') as { exceptionType?: unknown }).exceptionType === 'string';
  }

  /** Ids of what made it fail. */
  failedIds(): number[] {
    if (this.state !== 'failed') return [];
    if (this.#blamed !== undefined) return this.#blamed.flatMap(({ ids }) => ids);
    return [...this.ids, ...this.children.flatMap((child) => child.failedIds())];
  }
}
