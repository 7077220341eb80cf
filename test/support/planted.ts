import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DemoPatient } from '../../demo/patients.ts';
import type { Wardline } from './wardline.ts';

/** What must lie in clear nowhere, each once. */
export const secretsOf = (people: readonly DemoPatient[]): string[] => [
  ...new Set(
    people.flatMap(({ nhsNumber, family, line, postalCode, birthDate }) => [
      nhsNumber,
      family,
      line,
      postalCode,
      birthDate,
    ]),
  ),
];

/** Name of a function, which telemetry tells: whoever cannot find it would find no secret either. */
const knownInClear = 'createResource';

const filesUnder = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });

/** Looks at every byte that any server wrote, and at what was printed; keys and certificates hold no patients. */
export function assertNowhereInClear({ state, output }: Wardline, secrets: readonly string[]): void {
  const found: string[] = [];
  let sawTelemetry = false;
  const files = filesUnder(state).filter((path) => !/\/(tls|run)\//.test(path));
  for (const path of files) {
    const text = readFileSync(path, 'latin1');
    sawTelemetry ||= text.includes(knownInClear);
    for (const secret of secrets) if (text.includes(secret)) found.push(`${path.slice(state.length)}: ${secret}`);
  }
  for (const secret of secrets) if (output().includes(secret)) found.push(`output: ${secret}`);
  assert.ok(files.length > 5 && sawTelemetry, 'the stores were not found');
  assert.deepEqual(found, []);
}
