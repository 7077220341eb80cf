import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLocalConfig } from './config.ts';

/** `npm stop`: ends what `npm start` started, and waits until it is gone. */
const { state } = readLocalConfig(process.argv.slice(2));
const pid = (() => {
  try {
    return Number(readFileSync(join(state, 'run', 'supervisor.pid'), 'utf8'));
  } catch {
    return undefined;
  }
})();
const alive = (one: number): boolean => {
  try {
    process.kill(one, 0);
    return true;
  } catch {
    return false;
  }
};
if (pid === undefined || !alive(pid)) console.log('Nothing is running here.');
else {
  process.kill(pid, 'SIGTERM');
  for (let waited = 0; alive(pid) && waited < 200; waited++) await new Promise((resolve) => setTimeout(resolve, 100));
  console.log(alive(pid) ? `Process ${pid} does not end.` : 'Stopped.');
  process.exitCode = alive(pid) ? 1 : 0;
}
