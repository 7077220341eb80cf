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
}

const folder = process.env['WARDLINE_TEST_DATA'] ?? resolve('../shared/data');
const cases = join(folder, 'validation-verdicts.ndjson');
/** What needs UK Core's own profiles, or the definitions of extensions. */
const needsProfiles = /^(ukcore-(?!base)|r4-profile$|extension$)/;

if (!existsSync(cases)) console.log(`left out: ${cases} is not here`);
else {
  const verdicts = readFileSync(cases, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Verdict);
  const outcomes = await Promise.all(
    verdicts.map(async (verdict) => {
      const resource: unknown = JSON.parse(readFileSync(join(folder, verdict.file), 'utf8'));
      applyPatch(resource, verdict.patch);
      try {
        await validateResource(resource);
        return { ...verdict, refused: false };
      } catch (error) {
        assert.ok(error instanceof WardlineError, String(error));
        return { ...verdict, refused: true };
      }
    }),
  );
  const named = ({ file, class: kind, note = '' }: Verdict): string => `${file} ${kind} ${note}`;

  test('no resource that was judged valid is refused', () =>
    assert.deepEqual(outcomes.filter((one) => one.valid_by_judgement && one.refused).map(named), []));

  test('every fault that base FHIR R4 shows is found', () =>
    assert.deepEqual(
      outcomes.filter((one) => !one.valid_by_judgement && !one.refused && !needsProfiles.test(one.class)).map(named),
      [],
    ));
}
