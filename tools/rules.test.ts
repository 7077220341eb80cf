import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBreaches, type Source } from './rules.ts';

const source = (path: string, imports: string[] = [], text = ''): Source => ({ path, imports, text });

const bad: [string, Source][] = [
  ['only shared/azure imports an Azure client', source('shared/forms/intake.ts', ['@azure/service-bus'])],
  ['only functions/main.ts imports @azure/functions', source('functions/forms.ts', ['@azure/functions'])],
  ['only functions/ imports durable-functions', source('shared/boards/rebuild.ts', ['durable-functions'])],
  [
    'functions/late-durable.ts alone loads durable-functions, and late',
    source('functions/boards.ts', ['durable-functions'], "import { app } from 'durable-functions';"),
  ],
  ['only a config file reads the environment', source('shared/forms/intake.ts', [], 'process.env.X')],
  ['functions/ and shared/ know nothing of local/', source('shared/forms/intake.ts', ['../../local/sqlite.ts'])],
  ['local/ knows nothing of the application', source('local/start.ts', ['../shared/topology.ts'])],
  ["areas reach each other through an area's index", source('shared/forms/intake.ts', ['../records/commit.ts'])],
  ['pure rules import no input or output', source('shared/forms/news2.ts', ['node:fs'])],
  ['routes are registered by functions/main.ts alone', source('functions/forms.ts', [], "app.http('x')")],
  ['the bundle is CommonJS: no import.meta', source('shared/forms/intake.ts', [], 'import.meta.dirname')],
];

for (const [rule, file] of bad) {
  test(`a breach is found: ${rule}`, () => {
    assert.deepEqual(
      findBreaches([file]).map((breach) => breach.rule),
      [rule],
    );
  });
}

test('an import cycle is named', () => {
  const breaches = findBreaches([source('shared/a.ts', ['./b.ts']), source('shared/b.ts', ['./a.ts'])]);
  assert.equal(breaches[0]?.detail, 'shared/a.ts -> shared/b.ts -> shared/a.ts');
});

test('what the rules allow is no breach', () => {
  assert.deepEqual(
    findBreaches([
      source('shared/azure/bus.ts', ['@azure/service-bus']),
      source('functions/main.ts', ['@azure/functions', '../shared/forms/index.ts']),
      source('shared/forms/intake.ts', ['../records/index.ts', './news2.ts']),
    ]),
    [],
  );
});
