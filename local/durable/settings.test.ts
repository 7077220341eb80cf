import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDurableSettings } from './settings.ts';

test('without settings the defaults of the extension hold', () => {
  const { hubName, maxEntityOperationBatchSize, pollPause, defaultVersion } = readDurableSettings(undefined);
  assert.deepEqual(
    [hubName, maxEntityOperationBatchSize, pollPause, defaultVersion],
    ['TestHubName', 50, 30_000, undefined],
  );
});

test('settings that are wrong, or that this host would have to ignore, are refused by name', () => {
  for (const hubName of ['', 'ab', '1ab', 'with-dash', 'x'.repeat(46), 7])
    assert.throws(() => readDurableSettings({ hubName }), /hubName/);
  for (const value of [0, -1, 1.5, '8'])
    assert.throws(
      () => readDurableSettings({ maxConcurrentActivityFunctions: value }),
      /maxConcurrentActivityFunctions/,
    );
  assert.throws(() => readDurableSettings({ versionMatchStrategy: 'Strict' }), /versionMatchStrategy/);
});
