import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Step } from './fixtures/app/random-plan.ts';
import { type FixtureHost, startFixtureHost } from './fixtures/host.ts';

const seed = 20_261_125;
const plans = 40;

let host: FixtureHost;
before(async () => {
  host = await startFixtureHost();
});
after(() => host?.stop());

/** mulberry32: the same numbers from the same seed. */
function random(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function makePlan(next: () => number, name: string, depth: number, length: number): Step[] {
  const pick = (count: number): number => Math.floor(next() * count);
  const nested = (index: number): Step[] => makePlan(next, `${name}-${index}`, depth - 1, 1 + pick(3)).filter(isTask);
  return Array.from({ length }, (_, index): Step => {
    switch (pick(depth > 0 ? 11 : 7)) {
      case 0:
        return { do: 'activity', fails: next() < 0.3 };
      case 1:
        return { do: 'retry', key: `${name}-${index}`, times: 1 + pick(4), attempts: 1 + pick(3) };
      case 2:
        return { do: 'timer', milliseconds: pick(40) };
      case 3:
        return { do: 'event', name: `E${pick(3)}` };
      case 4:
        return { do: 'entity' };
      case 5:
        return { do: 'signal' };
      case 6:
        return { do: 'activity', fails: false };
      case 7:
        return { do: 'sub', steps: makePlan(next, `${name}-${index}`, 0, 2).filter((step) => step.do !== 'event') };
      case 8:
        return { do: 'all', steps: orOne(nested(index)) };
      case 9:
        return { do: 'any', steps: orOne(nested(index)) };
      default:
        return { do: 'race', steps: orOne(nested(index)) };
    }
  });
}
const isTask = (step: Step): boolean => step.do !== 'signal' && step.do !== 'race';
const orOne = (steps: Step[]): Step[] => (steps.length === 0 ? [{ do: 'activity', fails: false }] : steps);
const eventsOf = (steps: readonly Step[]): string[] =>
  steps.flatMap((step) => (step.do === 'event' ? [step.name] : 'steps' in step ? eventsOf(step.steps) : []));

test(`${plans} orchestrations that nobody thought of come to their end, over a kill (seed ${seed})`, async () => {
  const next = random(seed);
  const started = Array.from({ length: plans }, (_, n) => ({
    id: `plan-${n}`,
    steps: makePlan(next, `plan-${n}`, 2, 3 + Math.floor(next() * 6)),
  }));
  for (const { id, steps } of started) {
    await host.start('followPlan', steps, id);
    // Some early, some late; one for each wait.
    for (const name of eventsOf(steps)) await host.client.raiseEvent(id, name, true);
    if (id === 'plan-20') await host.killAndRestart();
  }
  for (const { id, steps } of started) {
    const { runtimeStatus, output } = await host.over(id);
    const expected = steps.filter((step) => step.do !== 'signal').length;
    assert.deepEqual([runtimeStatus, output], ['Completed', expected], `${id}: ${JSON.stringify(steps)}`);
  }
});
