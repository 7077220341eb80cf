import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { test } from 'node:test';
import { WardlineError } from '../errors.ts';
import generated from './generated/profiles.json' with { type: 'json' };
import { createValidate, type FhirResource } from './index.ts';

const folder = process.env['WARDLINE_TEST_DATA'] ?? resolve('../shared/data');
const examples = globSync(join(folder, '{hl7-r4-examples,ukcore/examples,synthea-r4}/*.json'))
  .sort()
  .map((file) => ({
    name: basename(file, '.json'),
    resource: JSON.parse(readFileSync(file, 'utf8')) as FhirResource,
  }));

/** Examples that are wrong as published, and where. */
const wrong: Readonly<Record<string, string>> = {
  // Its narrative is blank (txt-2).
  'ActivityDefinition-blood-tubes-supply': 'ActivityDefinition.text.div',
  // A reason is a Condition, an Observation or a report; this one is a Procedure.
  'DeviceUseStatement-example': 'DeviceUseStatement.reasonReference[0]',
  // Its reference to an organisation is a profile's address.
  'UKCore-Provenance-RARecordConsent-Example': 'Provenance.agent[0].onBehalfOf',
};

const ukCore = 'https://fhir.hl7.org.uk/StructureDefinition/';
const profiles = Object.entries(generated.profiles)
  .filter(([url, { type }]) => url.startsWith(ukCore) && type !== 'Extension')
  .map(([url, { type }]) => ({ url, type, id: url.slice(ukCore.length) }));

/** The profile of UK Core that an example is for: by its name, else by its type. */
function profileFor(name: string, type: string): string | undefined {
  const ofType = profiles.filter((profile) => profile.type === type);
  const named = ofType.filter(({ id }) => name.startsWith(`${id}-`)).sort((a, b) => b.id.length - a.id.length);
  return (named[0] ?? ofType.find(({ id }) => id === `UKCore-${type}`))?.url;
}

async function faultsIn(resource: FhirResource, required: Record<string, string[]> = {}): Promise<string[]> {
  try {
    await createValidate(required)(resource);
    return [];
  } catch (error) {
    assert.ok(error instanceof WardlineError, String(error));
    return error.problems.map(({ expression, detail }) => `${expression}: ${detail}`);
  }
}

if (examples.length === 0) console.log(`left out: no examples in ${folder}`);
else {
  test('every published example is accepted, but for those that are wrong as published', async () => {
    for (const { name, resource } of examples) {
      const faults = await faultsIn(resource);
      const place = wrong[name];
      if (place === undefined) assert.deepEqual(faults, [], name);
      else
        assert.deepEqual(
          faults.map((fault) => fault.split(':')[0]),
          [place],
          name,
        );
    }
  });

  test('every example of UK Core is accepted under its profile, required of its type', async () => {
    let checked = 0;
    for (const { name, resource } of examples) {
      const url = name.startsWith('UKCore-') ? profileFor(name, resource.resourceType) : undefined;
      if (url === undefined || name in wrong) continue;
      const faults = await faultsIn(resource, { [resource.resourceType]: [url] });
      assert.deepEqual(faults, [], `${name} ${url}`);
      checked += 1;
    }
    assert.ok(checked > 50, `${checked} examples`);
  });
}
