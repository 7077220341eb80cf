import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { applyPatch } from '@medplum/core';
import { WardlineError } from '../errors.ts';
import { validateResource } from './index.ts';

interface Verdict {
  readonly file: string;
  readonly patch: Parameters<typeof applyPatch>[1];
  readonly class: string;
  readonly note?: string;
  readonly valid_by_judgement: boolean;
  /** What another validator found: a code and the FHIRPath of the element. */
  readonly firely: readonly string[];
}

const folder = process.env['WARDLINE_TEST_DATA'] ?? resolve('../shared/data');
const cases = join(folder, 'validation-verdicts.ndjson');

if (!existsSync(cases)) console.log(`left out: ${cases} is not here`);
else {
  const verdicts = readFileSync(cases, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Verdict);
  const outcomes = await Promise.all(
    verdicts.map(async (verdict) => {
      const resource = JSON.parse(readFileSync(join(folder, verdict.file), 'utf8')) as { resourceType: string };
      applyPatch(resource, verdict.patch);
      return { ...verdict, type: resource.resourceType, found: await placesOf(resource) };
    }),
  );
  const named = ({ file, class: kind, note = '' }: Verdict): string => `${file} ${kind} ${note}`;
  const invalid = outcomes.filter((one) => !one.valid_by_judgement);

  test('no resource that was judged valid is refused', () =>
    assert.deepEqual(outcomes.filter((one) => one.valid_by_judgement && one.found.length > 0).map(named), []));

  test('every resource that was judged invalid is refused', () =>
    assert.deepEqual(invalid.filter(({ found }) => found.length === 0).map(named), []));

  test('at least 99 % of the faults are told at the element that is wrong, or inside the one that was changed', () => {
    const elsewhere = invalid.filter((one) => !isRightPlace(one, one.type, one.found));
    assert.ok(elsewhere.length <= 0.01 * invalid.length, elsewhere.map(named).join('\n'));
  });
}

/** FHIRPaths of what is wrong. */
async function placesOf(resource: object): Promise<string[]> {
  try {
    await validateResource(resource);
    return [];
  } catch (error) {
    assert.ok(error instanceof WardlineError, String(error));
    return error.problems.length > 0 ? error.problems.map(({ expression = '' }) => expression) : [''];
  }
}

/** A path as both validators and JSON Patch can be compared by it: no indexes, no types of choices. */
const plain = (path: string): string =>
  path
    .replace(/\[(x|\d+)\]/g, '')
    .replace(
      /\.(value|onset|effective|deceased|multipleBirth|medication|occurrence|abatement|performed)[A-Z]\w*/g,
      '.$1',
    );

function isRightPlace({ firely, patch }: Verdict, type: string, found: readonly string[]): boolean {
  const theirs = firely.map((line) => plain(line.replace(/^\S+ ?/, '')));
  const changed = patch.map(({ path }) =>
    plain(
      [type, ...path.split('/').slice(1)]
        .filter((step) => !/^(\d+|-)$/.test(step))
        .map((step) => step.replace(/^_/, ''))
        .join('.'),
    ),
  );
  return found
    .map(plain)
    .some((place) => theirs.includes(place) || changed.some((one) => place === one || place.startsWith(`${one}.`)));
}
