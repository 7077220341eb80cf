import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { EntityId } from 'durable-functions';
import { type FixtureHost, startFixtureHost } from './fixtures/host.ts';

const orchestrations = 8;
const steps = 6;
const kills = 10;

let host: FixtureHost;
before(async () => {
  host = await startFixtureHost();
});
after(() => host?.stop());

const started = (): number => readFileSync(join(host.state, 'journal'), 'utf8').split('\n').length - 1;

test(`killed ${kills} times under load, every orchestration ends right and the entity counted each operation once`, async () => {
  const ids = Array.from({ length: orchestrations }, (_, n) => `survivor-${n}`);
  for (const id of ids) await host.start('steps', { steps, milliseconds: 30 }, id);
  const eventual = await host.start('race', 3_600_000);
  let killedWithWorkOpen = 0;
  for (let kill = 0; kill < kills; kill++) {
    const before = started();
    // Each time a little further on: something new has begun since the last start.
    for (let i = 0; i < 200 && started() < before + 3; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    const open = await host.client.getStatusAll();
    if (open.some(({ instanceId, runtimeStatus }) => ids.includes(instanceId) && runtimeStatus === 'Running'))
      killedWithWorkOpen++;
    await host.killAndRestart();
  }
  for (const id of ids) {
    const { runtimeStatus, output, customStatus } = await host.over(id);
    assert.deepEqual([runtimeStatus, output, customStatus], ['Completed', steps * 2, { step: steps }]);
  }
  await host.client.raiseEvent(eventual, 'Approval', 'after all');
  assert.deepEqual(await host.output(eventual), { approved: 'after all', next: 4 });
  const { entityState } = await host.client.readEntityState<number>(new EntityId('Account', 'shared'));
  assert.equal(entityState, orchestrations * steps * 2);
  const names = readFileSync(join(host.state, 'journal'), 'utf8').trim().split('\n');
  assert.equal(new Set(names).size, orchestrations * steps * 2, 'every activity ran, some of them again');
  assert.ok(killedWithWorkOpen >= 3, `only ${killedWithWorkOpen} kills met open work`);
});

test('an acknowledged start, event and signal survive the kill, or the stop, that follows at once', async () => {
  for (let round = 0; round < 2; round++) {
    const id = await host.start('race', 3_600_000, `at-once-${round}`);
    await host.client.raiseEvent(id, 'Approval', round);
    await host.client.signalEntity(new EntityId('Account', 'at-once'), 'add', 1);
    await (round === 1 ? host.stopAndRestart() : host.killAndRestart());
    assert.deepEqual(await host.output(id), { approved: round, next: 4 });
  }
  for (let i = 0; i < 200; i++) {
    const { entityState } = await host.client.readEntityState<number>(new EntityId('Account', 'at-once'));
    if (entityState === 2) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail('a signal was lost');
});
