import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { AppSettings } from './app-settings.ts';
import { endpointSettings } from './connection.ts';
import { type TemporaryApp, temporaryApp } from './fixtures/temporary-app.ts';
import { readHostJson } from './host-json.ts';
import { loadApp } from './load-app.ts';
import { parseTimeSpan } from './time-span.ts';

const made: TemporaryApp[] = [];
const make = (files: Readonly<Record<string, unknown>>): string => {
  const one = temporaryApp(files);
  made.push(one);
  return one.app;
};
after(() => {
  for (const one of made) one.remove();
});

test('what host.json does not say has the defaults of Azure', () => {
  const host = readHostJson(make({ 'host.json': { version: '2.0' } }));
  assert.equal(host.http.routePrefix, 'api');
  assert.equal(host.functionTimeout, 30 * 60_000);
  assert.deepEqual(host.serviceBus, {
    autoCompleteMessages: true,
    maxConcurrentCalls: 16,
    maxConcurrentSessions: 8,
    maxConcurrentCallsPerSession: 1,
    sessionIdleTimeout: 60_000,
    minMessageBatchSize: 1,
    maxMessageBatchSize: 1000,
    maxBatchWaitTime: 30_000,
    maxAutoLockRenewal: 300_000,
  });
});

test('settings named AzureFunctionsJobHost__… come before host.json; -1 is no limit', () => {
  const app = make({
    'host.json': { version: '2.0', functionTimeout: '-1', extensions: { http: { routePrefix: 'a' } } },
  });
  const host = readHostJson(app, {
    AzureFunctionsJobHost__extensions__http__routePrefix: '/b/',
    AzureFunctionsJobHost__extensions__serviceBus__maxConcurrentCalls: '3',
    AzureFunctionsJobHost__extensions__serviceBus__autoCompleteMessages: 'false',
  });
  assert.equal(host.functionTimeout, undefined);
  assert.equal(host.http.routePrefix, 'b');
  assert.equal(host.serviceBus.maxConcurrentCalls, 3);
  assert.equal(host.serviceBus.autoCompleteMessages, false);
});

test('what is wrong in host.json is named', () => {
  const bus = (values: object) => ({ version: '2.0', extensions: { serviceBus: values } });
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    ['no JSON', /host\.json is missing or no JSON/],
    [{}, /"version" must be "2\.0"/],
    [{ version: '2.0', functionTimeout: 'soon' }, /"functionTimeout" must be a time span/],
    [bus({ maxConcurrentCalls: 0 }), /maxConcurrentCalls" must be a whole number/],
    [bus({ sessionIdleTimeout: 5 }), /sessionIdleTimeout" must be a time span/],
    [bus({ autoCompleteMessages: 'maybe' }), /autoCompleteMessages" must be true or false/],
    [{ version: '2.0', logging: { logLevel: { default: 'Loud' } } }, /logLevel\.default" is no log level/],
  ];
  for (const [content, message] of wrong) assert.throws(() => readHostJson(make({ 'host.json': content })), message);
});

test('a package.json or local.settings.json that cannot be used is named', async () => {
  await assert.rejects(loadApp(make({ 'package.json': { name: 'x' } })), /names no "main"/);
  await assert.rejects(loadApp(make({ 'package.json': { main: 'no/*.js' } })), /matches no file/);
  assert.throws(() => new AppSettings(make({ 'local.settings.json': { IsEncrypted: true } }), {}, {}), /is encrypted/);
  assert.throws(() => new AppSettings(make({ 'local.settings.json': '{' }), {}, {}), /is no JSON/);
});

test('settings: given ones first, then the environment, then the file', () => {
  const app = make({
    'local.settings.json': { Values: { A: 'file', B: 'file', C: 'file' } },
  });
  const settings = new AppSettings(app, { A: 'given' }, { B: 'environment' });
  assert.deepEqual(
    ['A', 'B', 'C', 'c', 'D'].map((name) => settings.get(name)),
    ['given', 'environment', 'file', 'file', undefined],
  );
  assert.equal(settings.resolve('%A%-%c%', 'f'), 'given-file');
});

test('a connection is a string or an address with an identity; what is missing or not supported is named', () => {
  const bus = (given: Record<string, string>, environment: Record<string, string> = {}) =>
    new AppSettings(make({}), given, environment).connection('Bus', 'f', endpointSettings.serviceBus);
  const place = { Bus__fullyQualifiedNamespace: 'n.servicebus.windows.net' };
  assert.deepEqual(bus({ Bus: 'Endpoint=x', ...place }), { connectionString: 'Endpoint=x' });
  assert.deepEqual(bus({ AzureWebJobsBus: 'Endpoint=y' }), { connectionString: 'Endpoint=y' });
  const found = bus({ bus__fullyqualifiednamespace: 'a' }, { Bus__clientId: 'b', Bus__credential: 'managedidentity' });
  assert.equal('endpoint' in found && found.endpoint, 'a');
  assert.throws(() => bus({}), /"Bus" holds no connection string, and there are none "Bus__…"/);
  assert.throws(() => bus({ Bus__clientId: 'b' }), /name no address: give "Bus__fullyQualifiedNamespace"/);
  assert.throws(() => bus({ ...place, Bus__credential: 'key' }), /"Bus__credential" is "key"/);
  assert.throws(() => bus({ ...place, Bus__clientSecret: 's' }), /"Bus__clientsecret" is not supported/);
  const blobs = new AppSettings(make({}), { Blobs__accountName: 'mine' }, {});
  const account = blobs.connection('Blobs', 'f', endpointSettings.blobs);
  assert.equal('endpoint' in account && account.endpoint, 'https://mine.blob.core.windows.net');
});

test('time spans are read as .NET reads them', () => {
  const spans: Readonly<Record<string, number | undefined>> = {
    '00:00:01': 1_000,
    '00:05:00': 300_000,
    '01:30': 5_400_000,
    '1.02:03:04.5': 93_784_500,
    '1:02:03:04': 93_784_000,
    '2': 172_800_000,
    '24:00:00': 24 * 86_400_000,
    '-00:00:01': -1_000,
    '00:60:00': undefined,
    '00:00:60': undefined,
    '25:00': undefined,
    '5 s': undefined,
    '': undefined,
  };
  for (const [text, milliseconds] of Object.entries(spans)) assert.equal(parseTimeSpan(text), milliseconds, text);
});
