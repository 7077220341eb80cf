import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Action, actionTypes } from './actions.ts';
import { type EventDetails, type eventTypes, type HistoryEvent, historyEvent } from './history.ts';
import { walkTasks } from './walk-tasks.ts';

const began = new Date('2026-11-25T10:00:00Z');
type Line = [keyof typeof eventTypes, EventDetails?];
const history = (...lines: Line[]): HistoryEvent[] => [
  historyEvent('orchestratorStarted', began),
  historyEvent('executionStarted', began, { Name: 'test' }),
  ...lines.map(([type, details]) => historyEvent(type, began, details)),
];
const walk = (actions: Action[], events: HistoryEvent[], finished = false) =>
  walkTasks(actions, events, { pollPause: 30_000, finished });
const kinds = (actions: Action[], events: HistoryEvent[], finished = false): string[] =>
  walk(actions, events, finished).tasks.map(({ kind }) => kind);

const call = (functionName: string): Action => ({ actionType: actionTypes.callActivity, functionName });
const wait = (externalEventName: string): Action => ({
  actionType: actionTypes.waitForExternalEvent,
  externalEventName,
});
const timer = (isCanceled = false): Action => ({
  actionType: actionTypes.createTimer,
  fireAt: '2026-11-25T11:00:00Z',
  isCanceled,
});
const all = (...compoundActions: Action[]): Action => ({ actionType: actionTypes.whenAll, compoundActions });
const any = (...compoundActions: Action[]): Action => ({ actionType: actionTypes.whenAny, compoundActions });
const retried: Action = {
  actionType: actionTypes.callActivityWithRetry,
  functionName: 'flaky',
  retryOptions: {
    firstRetryIntervalInMilliseconds: 1000,
    maxNumberOfAttempts: 3,
    backoffCoefficient: 4,
    maxRetryIntervalInMilliseconds: 3000,
  },
};
const done = (TaskScheduledId: number): Line => ['taskCompleted', { TaskScheduledId, Result: 'null' }];
const failed = (TaskScheduledId: number): Line => ['taskFailed', { TaskScheduledId, Reason: 'r', Details: 'd' }];
const fired = (TimerId: number): Line => ['timerFired', { TimerId }];
const raised = (Name: string): Line => ['eventRaised', { Name, Input: '1' }];

test('a task has its id when the orchestrator comes to it, and no sooner', () => {
  const actions = [call('a'), call('b')];
  assert.deepEqual(kinds(actions, history()), ['activity']);
  assert.deepEqual(kinds(actions, history(done(0))), ['activity', 'activity']);
});

test('what runs together is counted from the inside out, events not at all', () => {
  const actions = [all(call('a'), any(wait('E'), timer()), call('b')), call('c')];
  assert.deepEqual(kinds(actions, history()), ['activity', 'timer', 'activity']);
  assert.deepEqual(kinds(actions, history(done(0), raised('E'), done(2))), [
    'activity',
    'timer',
    'activity',
    'activity',
  ]);
});

test('an event that came before anybody waited for it is there at once', () => {
  assert.deepEqual(kinds([call('a'), wait('E'), call('b')], history(raised('E'), done(0))), ['activity', 'activity']);
  assert.deepEqual(kinds([all(wait('E'), wait('F')), call('b')], history(raised('F'), raised('E'))), ['activity']);
});

test('a retry pauses after each failed attempt, the last one too, by its policy', () => {
  const fails = history(failed(0), fired(1), failed(2), fired(3), failed(4), fired(5));
  const { tasks, failed: blamed } = walk([retried], fails, true);
  assert.deepEqual(
    tasks.map((task) => (task.kind === 'timer' ? Date.parse(task.fireAt) - began.getTime() : task.kind)),
    ['activity', 1000, 'activity', 3000, 'activity', 3000],
  );
  assert.deepEqual(blamed, [4, 5]);
});

test('one task in two races keeps its id', () => {
  const shared = timer();
  const actions = [any(wait('E'), shared), any(wait('E'), shared), call('a')];
  assert.deepEqual(kinds(actions, history(raised('E'), raised('E'))), ['timer', 'activity']);
});

test('what fails first fails the whole', () => {
  const { failed: blamed, tasks } = walk([all(call('a'), call('b')), call('c')], history(failed(1)));
  assert.deepEqual([blamed, tasks.length], [[], 3]);
  assert.deepEqual(walk([all(call('a'), call('b'))], history(failed(1)), true).failed, [1]);
});

test('a lock is one task, and giving it back one for each entity', () => {
  const lock: Action = {
    actionType: actionTypes.lockEntities,
    lockRequestId: 'l',
    lockSet: [
      { name: 'a', key: '1' },
      { name: 'a', key: '2' },
    ],
  };
  const sent: Line = ['eventSent', { EventId: 0, Name: 'lock', Input: '{"id":"l"}' }];
  const actions = [lock, { actionType: actionTypes.releaseEntities } as const, call('a')];
  assert.deepEqual(kinds(actions, history(sent, raised('l'))), ['lock', 'unlock', 'unlock', 'activity']);
});

test('events that nobody read come along when an orchestration starts over; answers of entities do not', () => {
  const entity: Action = { actionType: actionTypes.callEntity, instanceId: '@a@1', operation: 'get' };
  const over: Action = { actionType: actionTypes.continueAsNew, input: 1 };
  const { unread, continueAsNew } = walk(
    [any(entity, wait('E')), over],
    history(
      ['eventSent', { EventId: 0, Name: 'get', Input: '{"id":"r"}' }],
      raised('F'),
      raised('E'),
      raised('E'),
      raised('r'),
    ),
  );
  assert.deepEqual(
    unread.map(({ Name }) => Name),
    ['F', 'E'],
  );
  assert.deepEqual(continueAsNew, { input: 1 });
});

test('an answer of 202 makes a timer and the next request; any other ends the polling', () => {
  const http: Action = {
    actionType: actionTypes.callHttp,
    httpRequest: { method: 'POST', uri: 'http://h/a', content: 'c' },
  };
  const answer = (TaskScheduledId: number, statusCode: number): Line => [
    'taskCompleted',
    { TaskScheduledId, Result: JSON.stringify({ statusCode, headers: { Location: '/b', 'Retry-After': '7' } }) },
  ];
  const { tasks } = walk([http, call('a')], history(answer(0, 202), fired(1), answer(2, 200)));
  assert.deepEqual(
    tasks.map(({ kind }) => kind),
    ['http', 'timer', 'http', 'activity'],
  );
  const notBefore = '2026-11-25T10:00:07.000Z';
  assert.deepEqual(tasks[2], { kind: 'http', request: { method: 'GET', uri: 'http://h/b' }, notBefore });
});

test('an action that this host does not know is refused', () => {
  const unknown = { actionType: 10 } as unknown as Action;
  assert.throws(() => walk([unknown], history()), /type 10/);
});
