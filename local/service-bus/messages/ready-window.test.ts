import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredMessage } from '../store/message-store.ts';
import { ReadyWindow } from './ready-window.ts';

const message = (sequence: number): StoredMessage => ({
  id: sequence,
  sequence,
  enqueuedSequence: sequence,
  state: 0,
  session: null,
  deliveryCount: 0,
  enqueuedAt: 0,
  expiresAt: 0,
  dueAt: 0,
  source: null,
});

/** A window on messages "on disk", with how often it read them. */
function windowOn(stored: StoredMessage[], busy = new Set<number>()) {
  let reads = 0;
  const window = new ReadyWindow((after, limit) => {
    reads++;
    return stored.filter(({ sequence }) => sequence > after).slice(0, limit);
  }, busy);
  return { window, reads: () => reads };
}
const all = (window: ReadyWindow): number[] => {
  const taken: number[] = [];
  for (let one = window.shift(); one !== undefined; one = window.shift()) taken.push(one.sequence);
  return taken;
};
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);

test('a long queue is read a window at a time, in order, each message once', () => {
  const { window, reads } = windowOn(numbers(1, 1800).map(message));
  assert.deepEqual(all(window), numbers(1, 1800));
  assert.equal(reads(), 4);
});

test('a new message is taken from memory while nothing waits on disk, and from disk otherwise', () => {
  const stored: StoredMessage[] = [];
  const { window, reads } = windowOn(stored);
  assert.equal(window.shift(), undefined);
  for (const one of [1, 2].map(message)) {
    stored.push(one);
    window.append(one);
  }
  assert.deepEqual(all(window), [1, 2]);
  assert.equal(reads(), 1);
  for (const one of numbers(3, 4000).map(message)) {
    stored.push(one);
    window.append(one);
  }
  assert.deepEqual(all(window), numbers(3, 4000));
});

test('what was read from disk already is not appended a second time', () => {
  const stored = [message(1), message(2)];
  const { window } = windowOn(stored);
  assert.equal(window.shift()?.sequence, 1);
  window.append(message(2));
  assert.deepEqual(all(window), [2]);
});

test('what comes back goes to its place; what was never read stays on disk', () => {
  const stored = numbers(1, 600).map(message);
  const { window } = windowOn(stored);
  const [first, second] = [window.shift(), window.shift()];
  assert.ok(first && second);
  window.giveBack(second);
  window.giveBack(first);
  window.giveBack(message(599));
  assert.deepEqual(all(window), numbers(1, 600));
});

test('what somebody holds is left out when a window is read anew, and what is gone is dropped', () => {
  const { window } = windowOn(numbers(1, 5).map(message), new Set([2]));
  assert.equal(window.shift()?.sequence, 1);
  window.drop(message(4));
  window.drop(message(1));
  assert.deepEqual(all(window), [3, 5]);
});
