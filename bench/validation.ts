import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type FhirResource, validateResource } from '../shared/fhir/index.ts';

/** `npm run bench validation`: valid resources a second on one core, and what the first of a process costs. */
const folder = process.env['WARDLINE_TEST_DATA'] ?? resolve('../shared/data');
const rounds = 5;

export async function benchValidation(): Promise<void> {
  const resources = await validOnes();
  if (resources.length === 0) throw new Error(`No examples in ${folder}: WARDLINE_TEST_DATA should name their folder.`);
  const size = resources.reduce((sum, one) => sum + JSON.stringify(one).length, 0) / resources.length / 1024;
  console.log(`${resources.length} valid resources, ${size.toFixed(1)} kB on average`);
  for (let pass = 0; pass < 3; pass++) {
    const before = process.cpuUsage();
    const began = performance.now();
    for (let round = 0; round < rounds; round++) for (const one of resources) await validateResource(one);
    const { user, system } = process.cpuUsage(before);
    const count = rounds * resources.length;
    console.log(
      `resources a second: ${Math.round((count / (performance.now() - began)) * 1000)}, a second of processor time: ${Math.round(
        (count / (user + system)) * 1_000_000,
      )}`,
    );
  }
}

/** The examples that are valid; reading them tells what the first one costs. */
async function validOnes(): Promise<FhirResource[]> {
  const files = globSync(join(folder, '{hl7-r4-examples,ukcore/examples,synthea-r4}/*.json')).sort();
  const resources = files.flatMap((file) => {
    const resource = JSON.parse(readFileSync(file, 'utf8')) as FhirResource & { entry?: { resource: FhirResource }[] };
    return file.includes('synthea') ? (resource.entry ?? []).map((entry) => entry.resource) : [resource];
  });
  const valid: FhirResource[] = [];
  const began = performance.now();
  for (const [index, one] of resources.entries()) {
    try {
      valid.push(await validateResource(one));
    } catch {
      // A few are wrong as published: verdicts.test.ts names them.
    }
    if (index === 0) console.log(`the first resource of the process: ${(performance.now() - began).toFixed(0)} ms`);
  }
  return valid;
}
