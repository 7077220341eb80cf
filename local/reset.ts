import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { readCommandLine } from './config.ts';
import { takeRunLock } from './run-lock.ts';

/** `npm run reset [-- --yes]`: empties the state of the local Azure, after asking. */
const { state, yes } = readCommandLine();
const lock = takeRunLock(state);
if (lock === undefined) {
  console.error('It is running. Stop it first: npm stop');
  process.exit(1);
}
const asked = yes
  ? 'yes'
  : await createInterface({ input: process.stdin, output: process.stdout }).question(
      `Delete everything under ${state}? (yes/no) `,
    );
lock.release();
if (asked.trim() === 'yes') {
  rmSync(state, { recursive: true, force: true });
  console.log('Emptied.');
} else console.log('Nothing was deleted.');
process.exit(0);
