import { type FixtureHost, startFixtureHost } from '../local/durable/fixtures/host.ts';
import type { LocalFigure } from './measure.ts';
import { percentile } from './percentile.ts';

const orchestrations = Number(process.env['BENCH_ORCHESTRATIONS'] ?? 600);
const activities = Number(process.env['BENCH_ACTIVITIES'] ?? 2000);

/**
 * Orchestrations of one activity, from their start to their end as the task hub dates them, and the activities of one
 * orchestration that fans out: the unmodified `durable-functions` on the local host. In flight counts those whose end the
 * client has not seen, which looks every 40 ms.
 */
export async function benchLocalDurable(): Promise<readonly LocalFigure[]> {
  const host = await startFixtureHost();
  try {
    await runMany(host, 50, 16);
    return [
      await runMany(host, orchestrations / 10, 1),
      await runMany(host, orchestrations, 16),
      await runMany(host, orchestrations, 64),
      await fanOut(host),
    ];
  } finally {
    await host.stop();
  }
}

interface Span {
  readonly began: number;
  readonly ended: number;
}

/** @throws Error when it did not end as it should */
async function run(host: FixtureHost, orchestrator: string, input: unknown): Promise<Span> {
  const id = await host.start(orchestrator, input);
  const { runtimeStatus } = await host.over(id);
  if (runtimeStatus !== 'Completed') throw new Error(`${orchestrator} is ${runtimeStatus}.`);
  // The status has whole seconds; the history has more.
  const shown = await fetch(`${host.client.createHttpManagementPayload(id).statusQueryGetUri}&showHistory=true`);
  const { historyEvents } = (await shown.json()) as { historyEvents: { Timestamp: string }[] };
  const at = (event: { Timestamp: string } | undefined): number => Date.parse(event?.Timestamp ?? '');
  return { began: at(historyEvents[0]), ended: at(historyEvents.at(-1)) };
}

async function runMany(host: FixtureHost, count: number, concurrency: number): Promise<LocalFigure> {
  const spans: Span[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next++ < count) spans.push(await run(host, 'echoes', 'x'.repeat(200)));
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const took = spans.map(({ began, ended }) => ended - began);
  const seconds = (Math.max(...spans.map(({ ended }) => ended)) - Math.min(...spans.map(({ began }) => began))) / 1000;
  return {
    operation: 'durable orchestration of one activity',
    concurrency,
    perSecond: count / seconds,
    p50: percentile(took, 0.5),
    p99: percentile(took, 0.99),
  };
}

async function fanOut(host: FixtureHost): Promise<LocalFigure> {
  const { began, ended } = await run(host, 'fanOut', Array(activities).fill(1));
  const took = ended - began;
  return {
    operation: `durable fan-out, ${activities} activities`,
    concurrency: activities,
    perSecond: activities / (took / 1000),
    p50: took,
    p99: took,
  };
}
