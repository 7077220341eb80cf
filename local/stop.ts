import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readCommandLine } from './config.ts';
import { takeRunLock } from './run-lock.ts';

/** `npm stop`: ends what `npm start` started, and waits until it is gone. */
const { state } = readCommandLine();
const patience = 20_000;

/** Whether anything runs here: its lock goes with it. */
function isRunning(): boolean {
  const lock = takeRunLock(state);
  lock?.release();
  return lock === undefined;
}

if (!isRunning()) console.log('Nothing is running here.');
else {
  const pid = Number(readFileSync(join(state, 'run', 'supervisor.pid'), 'utf8'));
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + patience;
  while (isRunning() && Date.now() < deadline) await pause(100);
  const remains = isRunning();
  console.log(remains ? `Process ${pid} does not end.` : 'Stopped.');
  process.exitCode = remains ? 1 : 0;
}
