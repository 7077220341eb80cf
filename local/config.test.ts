import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLocalConfig } from './config.ts';

test('a port base moves every port at once; without one the official defaults hold', () => {
  const { ports } = readLocalConfig(['--port-base', '9000'], {});
  assert.deepEqual([ports.functions, ports.cosmos, ports.telemetry], [9000, 9001, 9009]);
  const official = readLocalConfig([], {}).ports;
  assert.deepEqual(
    [official.functions, official.cosmos, official['service-bus'], official.blobs],
    [7071, 8081, 5672, 10_000],
  );
});

test('a server started alone brings what it needs', () => {
  const only = (text: string) => readLocalConfig(['--only', text], {}).only;
  assert.deepEqual(only('cosmos,service-bus'), ['cosmos', 'service-bus']);
  assert.deepEqual(only('key-vault'), ['key-vault', 'identity']);
  assert.deepEqual(only('event-grid, identity'), ['event-grid', 'blobs', 'identity']);
  assert.equal(readLocalConfig([], {}).only, undefined);
});

test('the state is the flag’s, else the environment’s, else .local', () => {
  assert.match(readLocalConfig([], {}).state, /\.local$/);
  assert.equal(readLocalConfig([], { WARDLINE_STATE: '/a' }).state, '/a');
  assert.equal(readLocalConfig(['--state', '/b'], { WARDLINE_STATE: '/a' }).state, '/b');
});

test('a flag that cannot be read is named with what there is instead', () => {
  const refused: readonly [string[], RegExp][] = [
    [['--portbase', '1'], /--portbase.*There are: --port-base, --state/],
    [['--state'], /--state/],
    [['extra'], /extra/],
    [['--port-base', 'x'], /--port-base takes a whole number from 1 to \d+, not "x"/],
    [['--port-base', ''], /--port-base takes/],
    [['--port-base', '65530'], /--port-base takes/],
    [['--port-base=-1'], /--port-base takes/],
    [['--stale-reads', '1.5'], /--stale-reads takes/],
    [['--only', 'redis'], /no server "redis". There are: cosmos/],
    [['--only', 'cosmos,'], /no server ""/],
    [['--only', 'functions'], /no server "functions"/],
  ];
  for (const [args, message] of refused) assert.throws(() => readLocalConfig(args, {}), message, args.join(' '));
});
