import type { RegisteredFunction } from './core-api.ts';
import type { Route } from './http/routes.ts';

/** The functions as Azure's own tool lists them at start: those with an address first, then the others by trigger. */
export function listFunctions(
  functions: readonly RegisteredFunction[],
  routes: readonly Route[],
  origin: string,
): string[] {
  const byName = new Map(routes.map((route) => [route.one.name, route]));
  const sorted = [...functions].sort((a, b) => a.name.localeCompare(b.name));
  const served = sorted.flatMap(({ name }) => {
    const route = byName.get(name);
    return route === undefined ? [] : [`${name}: [${[...route.methods].join(',')}] ${origin}/${route.template}`];
  });
  const called = sorted
    .filter(({ name }) => !byName.has(name))
    .map(({ name, trigger }) => `${name}: ${trigger.binding.type}`);
  return ['Functions:', ...[...served, ...called].map((line) => `  ${line}`)];
}
