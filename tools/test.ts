import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { parseArgs } from 'node:util';

/**
 * `npm test [-- [--stale-reads MS] PART…]`: the static checks, then every test. With parts (`npm test -- shared/forms`)
 * only the test files whose path contains one of them, and no static checks. With `--stale-reads` every Cosmos DB that a
 * test starts answers reads without a covering session token from a state up to so many milliseconds old, as a second
 * replica would: whatever holds then does not rely on reading its own or others' writes by luck.
 */
const { values, positionals: parts } = parseArgs({
  options: { 'stale-reads': { type: 'string' } },
  allowPositionals: true,
});
const staleReads = values['stale-reads'];
if (staleReads !== undefined && !/^\d{1,5}$/.test(staleReads))
  throw new Error(`--stale-reads takes milliseconds, not "${staleReads}".`);
const environment = staleReads === undefined ? process.env : { ...process.env, COSMOS_STALE_READS_MS: staleReads };
const folders = '{shared,functions,local,tools,demo,test}';
const files = globSync(`${folders}/**/*.test.ts`)
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => parts.length === 0 || parts.some((part) => path.includes(part)))
  // The journeys start the whole of Wardline; they come last.
  .sort((a, b) => Number(a.startsWith('test/')) - Number(b.startsWith('test/')) || a.localeCompare(b));
const journeys = files.filter((path) => path.startsWith('test/'));
const fast = files.filter((path) => !path.startsWith('test/'));

const runNode = (...args: string[]): boolean =>
  spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    stdio: 'inherit',
    env: environment,
  }).status === 0;
const runTests = (paths: string[], concurrency: number): boolean =>
  paths.length === 0 || runNode('--test', `--test-concurrency=${concurrency}`, '--test-timeout=600000', ...paths);

if (files.length === 0) {
  console.error(`No test file matches ${parts.join(' ')}.`);
  process.exitCode = 1;
} else {
  // Most of a test's time goes by in waiting for servers: so more run at once than there are processors (two, in CI).
  const passed = [parts.length > 0 || runNode('tools/check.ts'), runTests(fast, 4), runTests(journeys, 2)];
  process.exitCode = passed.every(Boolean) ? 0 : 1;
}
