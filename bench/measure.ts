import { percentile } from './percentile.ts';

/** What one load made of a server: operations a second and milliseconds. */
export interface Measured {
  readonly concurrency: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** One line of the table. `floor` is the same load on a server that answers a constant through the same SDK. */
export interface LocalFigure extends Measured {
  readonly operation: string;
  readonly floor?: number;
}

/**
 * Runs an operation again and again, so many at once, for so many seconds.
 * @param operation gets a number that no other call gets. @throws what the operation throws: a failure is no figure.
 */
export async function measure(
  operation: (index: number) => Promise<unknown>,
  { concurrency, seconds }: { concurrency: number; seconds: number },
): Promise<{ durations: number[]; seconds: number }> {
  const durations: number[] = [];
  const began = performance.now();
  const end = began + seconds * 1000;
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let now = performance.now(); now < end; ) {
      await operation(next++);
      const after = performance.now();
      durations.push(after - now);
      now = after;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { durations, seconds: (performance.now() - began) / 1000 };
}

/**
 * Measures several operations against each other: in turns, so that whatever else the machine does falls on all of them.
 * @param operations get numbers that no other call of the same name gets.
 */
export async function compare<Name extends string>(
  operations: Readonly<Record<Name, (index: number) => Promise<unknown>>>,
  { concurrency, seconds, rounds }: { concurrency: number; seconds: number; rounds: number },
): Promise<Record<Name, Measured>> {
  const names = Object.keys(operations) as Name[];
  const calls = new Map(names.map((name) => [name, 0]));
  const durations = new Map<Name, number[]>(names.map((name) => [name, []]));
  const spent = new Map(names.map((name) => [name, 0]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const first = calls.get(name) ?? 0;
      const run = await measure((index) => operations[name](first + index), { concurrency, seconds: seconds / rounds });
      calls.set(name, first + run.durations.length + concurrency);
      for (const duration of run.durations) durations.get(name)?.push(duration);
      spent.set(name, (spent.get(name) ?? 0) + run.seconds);
    }
  }
  const result = names.map((name): [Name, Measured] => {
    const all = durations.get(name) ?? [];
    return [
      name,
      {
        concurrency,
        perSecond: all.length / (spent.get(name) ?? 1),
        p50: percentile(all, 0.5),
        p99: percentile(all, 0.99),
      },
    ];
  });
  return Object.fromEntries(result) as Record<Name, Measured>;
}
