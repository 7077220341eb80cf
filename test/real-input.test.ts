import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { scoreSeven } from './support/news2-response.ts';
import { readBoard, sendNews2, settled } from './support/ward.ts';
import { eventually, startWardline, type Wardline } from './support/wardline.ts';

const folder = process.env['WARDLINE_TEST_DATA'] ?? resolve('../shared/data');

/** What of the published examples is refused, and why that is right. */
const wrongAsPublished = [
  // A blank narrative (txt-2).
  'ActivityDefinition-blood-tubes-supply.json',
  // Its entries are to be put at absolute addresses of another server (request.url is relative to the base, or a search).
  'Bundle-ussg-fht.json',
  // A reference to a type that the element does not take.
  'DeviceUseStatement-example.json',
  // Their patients live on another server: in no compartment of this trust could anybody be allowed to see them.
  'QuestionnaireResponse-bb.json',
  'QuestionnaireResponse-ussg-fht-answers.json',
  'ServiceRequest-myringotomy.json',
];

if (!existsSync(join(folder, 'synthea-r4'))) console.log(`left out: ${folder} holds no test data`);
else {
  let wardline: Wardline;
  before(async () => {
    wardline = await startWardline();
  });
  after(() => wardline?.stop());

  const load = (pattern: string) => {
    const files = globSync(join(folder, pattern));
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'tools/load.ts', ...files, '--state', wardline.state],
      { encoding: 'utf8', maxBuffer: 100_000_000 },
    );
    assert.equal(status, 0, stdout + stderr);
    const count = (name: string): number => Number(new RegExp(`${name}\\W+(\\d+)`).exec(stdout)?.[1]);
    const refused = stdout.split('\n').flatMap((line) => /^4\d\d {2}([^:]*\.json)/.exec(line)?.[1] ?? []);
    return { in: count('in'), stored: count('stored'), found: count('found by search'), refused };
  };

  test('Synthea patients load as transactions: all of them stored, all of them found', () => {
    assert.deepEqual(load('synthea-r4/*.json'), { in: 362, stored: 362, found: 362, refused: [] });
  });

  test('HL7’s examples load, what is stored is found, and only what is wrong is refused', () => {
    const { stored, found, refused } = load('hl7-r4-examples/*.json');
    assert.deepEqual(refused.sort(), wrongAsPublished);
    assert.equal(found, stored);
  });

  test('a Synthea patient who is admitted goes through the whole chain', async () => {
    const patients = (await (await wardline.call('integration', '/fhir/Patient?_count=200')).json()) as {
      entry: { resource: { id: string; name?: { family?: string }[]; identifier?: { system?: string }[] } }[];
    };
    const synthea = patients.entry.find(({ resource }) =>
      resource.identifier?.some(({ system }) => system === 'https://github.com/synthetichealth/synthea'),
    )?.resource;
    assert.ok(synthea);
    const free = (await readBoard(wardline, 'J09')).beds.find(({ patient }) => patient === undefined);
    assert.ok(free);
    const admitted = await wardline.call('integration', '/fhir/Encounter', {
      method: 'POST',
      body: JSON.stringify({
        resourceType: 'Encounter',
        status: 'in-progress',
        class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
        subject: { reference: `Patient/${synthea.id}` },
        location: [{ location: { reference: `Location/${free.bed}` }, status: 'active' }],
      }),
    });
    assert.equal(admitted.status, 201);
    const encounter = ((await admitted.json()) as { id: string }).id;
    const form = await sendNews2(wardline, 'nurse.j09', { patient: synthea.id, encounter }, scoreSeven);
    assert.equal((await settled(wardline, 'nurse.j09', form.statusUrl)).status, 'filed');
    const board = await eventually(
      () => readBoard(wardline, 'J09'),
      ({ beds }) => beds.find(({ bed }) => bed === free.bed)?.news2?.total === 7,
    );
    const tile = board.beds.find(({ bed }) => bed === free.bed);
    assert.equal(tile?.patient?.id, synthea.id);
    const family = synthea.name?.[0]?.family ?? '?';
    assert.ok(tile.patient.label.toLowerCase().startsWith(family.toLowerCase()), 'the tile names the patient');
  });
}
