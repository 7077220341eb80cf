import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseConfig } from './config.ts';

const example = JSON.parse(readFileSync('local.settings.example.json', 'utf8')) as { Values: Record<string, string> };

test('the example of the settings is one that the functions start with', () => {
  assert.deepEqual(parseConfig(example.Values).trusts, ['RR8', 'RXF']);
});

test('required profiles are given by type, several a type', () => {
  const given = (setting: string) => parseConfig({ ...example.Values, REQUIRED_PROFILES: setting }).requiredProfiles;
  assert.deepEqual(given(''), {});
  assert.deepEqual(given('Patient=https://example.org/a  Flag=https://example.org/b Patient=https://example.org/c'), {
    Patient: ['https://example.org/a', 'https://example.org/c'],
    Flag: ['https://example.org/b'],
  });
  for (const wrong of ['Patient', 'patient=https://example.org/a', 'Patient=UKCore-Patient'])
    assert.throws(() => given(wrong), /REQUIRED_PROFILES should hold Type=URL/);
});
