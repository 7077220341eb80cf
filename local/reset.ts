import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { readLocalConfig } from './config.ts';

/** `npm run reset [-- --yes]`: empties the state of the local Azure, after asking. */
const args = process.argv.slice(2);
const { state } = readLocalConfig(args);
if (existsSync(join(state, 'endpoints.json'))) {
  console.error('It is running. Stop it first: npm stop');
  process.exit(1);
}
const asked = args.includes('--yes')
  ? 'yes'
  : await createInterface({ input: process.stdin, output: process.stdout }).question(
      `Delete everything under ${state}? (yes/no) `,
    );
if (asked.trim() === 'yes') {
  rmSync(state, { recursive: true, force: true });
  console.log('Emptied.');
} else console.log('Nothing was deleted.');
process.exit(0);
