import type { Json } from '../json.ts';

/** Stands in a path for every element of an array. */
export const everyElement = '[]';

/** One property further down: `/a` and `b` give `/a/b`. Names that would be misread are escaped as in JSON pointers. */
export function pathStep(path: string, name: string): string {
  if (name === everyElement) return `${path}/~2`;
  return `${path}/${/[~/]/.test(name) ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name}`;
}

const nameOf = (step: string): string =>
  step.includes('~') ? step.replaceAll('~2', '[]').replaceAll('~1', '/').replaceAll('~0', '~') : step;

/** Every value that a document has under a path. */
export function valuesUnder(document: Json, path: string): Json[] {
  let values: Json[] = [document];
  for (const step of stepsOf(path)) {
    values = values.flatMap((value) => {
      if (step === everyElement) return Array.isArray(value) ? value : [];
      const inner = propertyOf(value, step);
      return inner === undefined ? [] : [inner];
    });
  }
  return values;
}

/** The one value under a path that does not go through arrays. */
export const valueUnder = (document: Json, path: string): Json | undefined =>
  stepsOf(path).reduce<Json | undefined>(propertyOf, document);

const stepsOf = (path: string): string[] => path.split('/').slice(1);

function propertyOf(value: Json | undefined, step: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const name = nameOf(step);
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
