import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generate, limits } from '../demo/hospital/generate.ts';

/**
 * `npm run generate -- [--trusts 2] [--wards 200] [--patients 5000] [--seed 1] [--now 2026-11-26T08:00:00Z] [--out FOLDER]`:
 * writes a synthetic hospital as NDJSON, one file a trust of places and staff, one of patients, which `npm run load` takes.
 * Nobody in it is real; the same seed and moment give the same files.
 */
const { values } = parseArgs({
  options: {
    trusts: { type: 'string', default: '2' },
    wards: { type: 'string', default: '200' },
    patients: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    now: { type: 'string', default: `${new Date().toISOString().slice(0, 13)}:00:00Z` },
    out: { type: 'string', default: '.local/generated' },
  },
});

function wholeNumber(name: 'trusts' | 'wards' | 'patients' | 'seed', least: number, most: number): number {
  const text = values[name];
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most))
    throw new Error(`--${name} takes a whole number from ${least} to ${most}, not "${text}".`);
  return number;
}

try {
  const now = new Date(values.now);
  if (Number.isNaN(now.getTime())) throw new Error(`--now takes a moment such as 2026-11-26T08:00:00Z.`);
  const wishes = {
    trusts: wholeNumber('trusts', 1, limits.trusts),
    wards: wholeNumber('wards', 1, limits.wards),
    patients: wholeNumber('patients', 0, limits.patients),
    seed: wholeNumber('seed', 0, 999_999_999),
    now,
  };
  mkdirSync(values.out, { recursive: true });
  const files = new Map<string, { descriptor: number; lines: number }>();
  for (const { trust, about, bundle } of generate(wishes)) {
    const name = join(values.out, `${trust}-${about}.ndjson`);
    const file = files.get(name) ?? { descriptor: openSync(name, 'w'), lines: 0 };
    files.set(name, file);
    writeSync(file.descriptor, `${JSON.stringify(bundle)}\n`);
    file.lines += 1;
  }
  for (const [name, { descriptor, lines }] of files) {
    closeSync(descriptor);
    console.log(`${name}  ${lines} transactions`);
  }
  for (const trust of new Set([...files.keys()].map((name) => name.split(/[\\/]/).at(-1)?.split('-')[0])))
    console.log(
      `npm run load -- ${values.out}/${trust}-*.ndjson${trust === 'RR8' ? '' : ` --user integration.${trust?.toLowerCase()}`}`,
    );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
