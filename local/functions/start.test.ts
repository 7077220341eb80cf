import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { build } from 'esbuild';
import { openDatabase } from '../sqlite.ts';
import { appOf, type TemporaryApp, temporaryApp } from './fixtures/temporary-app.ts';
import { timerSchema } from './timer/trigger.ts';

const made: TemporaryApp[] = [];
const make = (files: Readonly<Record<string, unknown>>): TemporaryApp => {
  const one = temporaryApp(files);
  made.push(one);
  return one;
};
after(() => {
  for (const one of made) one.remove();
});

/** What the host says when it does not start. */
async function refusal(files: Readonly<Record<string, unknown>>, options: object = {}): Promise<string> {
  try {
    const server = await make(files).start(options);
    await server.stop();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'it started';
}

const handler = 'handler: async () => ({})';

test('what Azure refuses is refused at start, with what to change', async () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    [`app.get('a', { route: 'admin/x', ${handler} });`, /"a".*begins with a reserved word/],
    [`app.get('a', { ${handler} }); app.get('A', { ${handler} });`, /"A" is registered twice/],
    [`app.timer('t', { schedule: '%NO_SUCH%', ${handler} });`, /"t".*'%NO_SUCH%' does not resolve/],
    [
      `app.serviceBusQueue('q', { queueName: 'x', connection: 'Missing', ${handler} });`,
      /"q".*"Missing" holds no connection string/,
    ],
    [`app.storageQueue('s', { queueName: 'x', connection: 'C', ${handler} });`, /"s".*does not support queueTrigger/],
    [
      `const out = output.table({ connection: 'C', tableName: 't' });
       app.get('a', { ${handler}, extraOutputs: [out] });`,
      /"a".*does not support the output binding table/,
    ],
    [
      `const feed = { connection: 'C', databaseName: 'd', containerName: 'c', ${handler} };
       app.cosmosDB('one', feed); app.cosmosDB('two', feed);`,
      /"one" and "two".*leaseContainerPrefix/,
    ],
    ['// nothing is registered', /registers no functions/],
  ];
  const settings = { C: 'AccountEndpoint=http://localhost:1/;AccountKey=a2V5;' };
  // Two at a time: each is a process.
  for (let i = 0; i < refused.length; i += 2)
    await Promise.all(
      refused
        .slice(i, i + 2)
        .map(async ([code, message]) =>
          assert.match(await refusal({ 'main.ts': appOf(code) }, { settings }), message, code),
        ),
    );
});

test('local.settings.json gives settings, and origins that browsers may call from', async () => {
  const app = make({
    'main.ts': appOf(
      `app.get('read', { handler: async () => ({ jsonBody: [process.env.FROM_FILE, process.env.GIVEN] }) });`,
    ),
    'local.settings.json': {
      IsEncrypted: false,
      Values: { FROM_FILE: 'file', GIVEN: 'file' },
      Host: { CORS: 'http://localhost:3000, https://ward.example', CORSCredentials: true },
    },
  });
  const host = await app.start({ settings: { GIVEN: 'given' } });
  try {
    const from = (origin: string, init: RequestInit = {}) =>
      fetch(`${host.endpoint}/read`, { ...init, headers: { origin, ...init.headers } });
    assert.deepEqual(await (await from('http://localhost:3000')).json(), ['file', 'given']);
    const allowed = (await from('https://ward.example')).headers;
    assert.equal(allowed.get('access-control-allow-origin'), 'https://ward.example');
    assert.equal(allowed.get('access-control-allow-credentials'), 'true');
    assert.equal((await from('https://other.example')).headers.get('access-control-allow-origin'), null);
    const preflight = await from('https://ward.example', {
      method: 'OPTIONS',
      headers: { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-a' },
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-methods'), 'PUT');
    assert.equal(preflight.headers.get('access-control-allow-headers'), 'x-a');
  } finally {
    await host.stop();
  }
});

test('the app runs as it is deployed: one CommonJS bundle', async () => {
  const app = make({
    'main.ts': appOf(`app.get('bundled', { handler: async () => ({ body: typeof require }) });
      app.setup({ enableHttpStream: true });`),
    'package.json': { name: 'bundle', main: 'dist/*.cjs' },
  });
  await build({
    entryPoints: [`${app.app}/main.ts`],
    outfile: `${app.app}/dist/main.cjs`,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    minify: true,
    external: ['@azure/functions-core'],
    logLevel: 'silent',
  });
  const host = await app.start();
  try {
    assert.equal(await (await fetch(`${host.endpoint}/bundled`)).text(), 'function');
  } finally {
    await host.stop();
  }
});

test('a stop waits for requests that are under way, and takes no new ones', async () => {
  const app = make({
    'main.ts':
      appOf(`app.get('slow', { handler: () => new Promise((done) => setTimeout(() => done({ body: 'done' }), 800)) });
      app.hook.appTerminate(() => console.error('terminated'));`),
  });
  const said: string[] = [];
  const host = await app.start({}, (line) => said.push(line));
  const slow = fetch(`${host.endpoint}/slow`);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const stopped = host.stop();
  await new Promise((resolve) => setTimeout(resolve, 200));
  await assert.rejects(fetch(`${host.endpoint}/slow`));
  assert.equal(await (await slow).text(), 'done');
  await stopped;
  assert.ok(said.includes('terminated'));
});

test('a timer that came due while the host was away runs at start and is told so; its next run is as planned', async () => {
  const app = make({
    'main.ts': appOf(`const runs = [];
      app.timer('yearly', { schedule: '0 0 0 1 1 *', handler: async (timer) => void runs.push(timer) });
      app.get('runs', { handler: async () => ({ jsonBody: runs }) });`),
  });
  const db = openDatabase(join(app.state, 'functions.db'), timerSchema);
  db.prepare('INSERT INTO timers VALUES (?, ?, ?)').run(
    'yearly',
    '2020-01-01T00:00:00.000Z',
    '2021-01-01T00:00:00.000Z',
  );
  db.close();
  const runs = async (): Promise<{ isPastDue: boolean; scheduleStatus: { last: string } }[]> => {
    const host = await app.start();
    try {
      return (await (await fetch(`${host.endpoint}/runs`)).json()) as never;
    } finally {
      await host.stop();
    }
  };
  const [missed] = await runs();
  assert.equal(missed?.isPastDue, true);
  assert.equal(missed?.scheduleStatus.last, '2020-01-01T00:00:00.000Z');
  assert.deepEqual(await runs(), [], 'it is made up for once');
});

test('with watch, a change of a file ends the host for a new start; an app that does not load waits to be mended', async () => {
  const app = make({
    'main.ts': appOf(`import './part.ts'; app.get('a', { handler: async () => ({ body: 'one' }) });`),
    'part.ts': '',
  });
  const said: string[] = [];
  const log = (line: string) => said.push(line);
  const first = await app.start({ watch: true }, log);
  const ended = new Promise<number | null>((resolve) => first.child.once('exit', resolve));
  app.write({ 'part.ts': 'const broken' });
  assert.equal(await ended, 0);
  assert.ok(said.includes('part.ts has changed: starting again'));

  const broken = app.start({ watch: true }, log).then(
    () => 'started',
    (error: Error) => error.message,
  );
  while (!said.some((line) => line.includes('Waiting for a change')))
    await new Promise((resolve) => setTimeout(resolve, 20));
  app.write({ 'part.ts': 'export {};' });
  assert.match(await broken, /Files of the app have changed/);
  const mended = await app.start({ watch: true });
  assert.equal(await (await fetch(`${mended.endpoint}/a`)).text(), 'one');
  await mended.stop();
});
