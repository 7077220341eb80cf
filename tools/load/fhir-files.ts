import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** As much of a resource as loading it needs. */
export interface Resource {
  readonly resourceType: string;
  readonly id?: string;
  readonly type?: string;
  readonly entry?: readonly { readonly resource?: Resource }[];
}

/** A resource or Bundle, and where it came from. */
export interface Loadable {
  readonly file: string;
  readonly resource: Resource;
}

/** What lies in files: one resource a `.json`, one a line in an `.ndjson`. @throws Error that names file and line */
export function readFhirFiles(paths: readonly string[]): Loadable[] {
  return paths.flatMap((path) => {
    const text = readFileSync(path, 'utf8');
    const parts = path.endsWith('.ndjson') ? text.split('\n') : [text];
    return parts.flatMap((part, index) =>
      part.trim() === '' ? [] : [{ file: basename(path), resource: parse(part, `${path}:${index + 1}`) }],
    );
  });
}

function parse(text: string, where: string): Resource {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${where} is no JSON.`, { cause });
  }
  if (typeof Reflect.get(Object(value), 'resourceType') !== 'string') throw new Error(`${where} is no FHIR resource.`);
  return value as Resource;
}

export const isTransaction = ({ resource }: Loadable): boolean =>
  resource.resourceType === 'Bundle' && resource.type === 'transaction';

const referenceTypes = new Set(['Organization', 'Location', 'Practitioner', 'PractitionerRole']);

/** A transaction of nothing but what others refer to: it has to be there before them. */
export const isReference = ({ resource }: Loadable): boolean =>
  resource.entry?.every((entry) => referenceTypes.has(entry.resource?.resourceType ?? '')) ?? false;
