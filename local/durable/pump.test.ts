import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { GroupCommit, openDatabase } from '../sqlite.ts';
import { historyEvent } from './history.ts';
import { Pump } from './pump.ts';
import { readDurableSettings } from './settings.ts';
import { durableSchema, Store } from './store.ts';
import { finder, type TaskHub } from './task-hub.ts';

test('what comes due while the pump looks is not missed', async () => {
  const state = mkdtempSync(join(tmpdir(), 'pump-test-'));
  const db = openDatabase(join(state, 'durable.db'), durableSchema);
  const store = new Store(db);
  let clock = 1_000;
  const hub: TaskHub = {
    store,
    commit: new GroupCommit(db),
    settings: readDurableSettings(undefined),
    invoke: async () => undefined,
    environment: {},
    // The app has no such orchestrator, so its first turn fails it: that tells that there was a turn.
    find: finder([]),
    // Each look at the clock finds it later.
    now() {
      clock += 10;
      return new Date(clock);
    },
    newId: () => 'id',
    log: () => {},
    wake: () => pump.wake(),
  };
  const pump = new Pump(hub);
  store.run(
    "INSERT INTO instances (id, execution, name, version, status, created, updated) VALUES ('i', 'e', 'gone', '', 'Running', 0, 0)",
  );
  store.post({ instance: 'i', execution: 'e', due: 1_015 }, historyEvent('timerFired', new Date(0), { TimerId: 0 }));
  pump.start();
  for (let i = 0; i < 200 && store.instance('i')?.status === 'Running'; i++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  await pump.stop();
  assert.equal(store.instance('i')?.status, 'Failed');
  db.close();
  rmSync(state, { recursive: true, force: true });
});
