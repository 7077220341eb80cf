import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { findBreaches } from './rules.ts';

/** The static checks: types, lint and format, and the house's own rules. Prints what is wrong; exit 1 if anything is. */
function run(title: string, command: string, ...args: string[]): boolean {
  const started = performance.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${title} (${Math.round(performance.now() - started)} ms)`);
  return status === 0;
}

function houseRules(): boolean {
  const sources = globSync('{functions,shared,local,tools,test,bench,demo}/**/*.ts').map((path) => {
    const text = readFileSync(path, 'utf8');
    const imports = [...text.matchAll(/(?:\bfrom\s+|\bimport\(\s*|^import\s+)'([^']+)'/gm)].map(
      (match) => match[1] ?? '',
    );
    return { path: path.replaceAll('\\', '/'), text, imports };
  });
  const breaches = findBreaches(sources);
  for (const { rule, path, detail } of breaches) console.log(`${path}: ${rule} (${detail})`);
  console.log(`${breaches.length === 0 ? 'ok  ' : 'FAIL'} rules of the house (${sources.length} files)`);
  return breaches.length === 0;
}

const passed = [
  run('types', 'tsc', '--noEmit', '-p', '.'),
  run('types of the pages', 'tsc', '--noEmit', '-p', 'web'),
  run('lint and format', 'biome', 'check', '--error-on-warnings', '.'),
  houseRules(),
];
process.exitCode = passed.every(Boolean) ? 0 : 1;
