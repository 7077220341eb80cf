import type { RegisteredFunction } from '../core-api.ts';
import { mayBeAbsent, parametersOf, parseTemplate, type Segment } from './route-template.ts';

/** A function's route, ready to be matched. */
export interface Route {
  readonly one: RegisteredFunction;
  readonly template: string;
  readonly methods: ReadonlySet<string>;
  readonly segments: readonly Segment[];
  /** Fewest segments a path must have to match. */
  readonly fewest: number;
  /** Most segments a path may have to match. */
  readonly most: number;
}

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** What a function answers whose trigger lists no methods. */
const allMethods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE'];

/**
 * Reads the routes of HTTP-triggered functions, in the order in which they are tried.
 * @throws Error for what Azure refuses: routes that begin with admin or runtime, templates that are wrong, two functions
 *   on one route
 */
export function readRoutes(functions: readonly RegisteredFunction[], prefix: string): Route[] {
  const routes = functions
    .filter(({ trigger }) => trigger.binding.type.toLowerCase() === 'httptrigger')
    .map((one) => readRoute(one, prefix));
  const taken = new Map<string, string>();
  for (const { one, segments, methods } of routes) {
    for (const method of methods) {
      const key = `${method} /${segments.map(shape).join('/')}`;
      const other = taken.get(key);
      if (other !== undefined) throw new Error(`Functions "${other}" and "${one.name}" have the same route: ${key}.`);
      taken.set(key, one.name);
    }
  }
  return routes.sort((a, b) => compareRanks(a.segments.map(rank), b.segments.map(rank)));
}

function readRoute(one: RegisteredFunction, prefix: string): Route {
  const { binding } = one.trigger;
  const route = typeof binding['route'] === 'string' ? binding['route'] : one.name;
  const template = [prefix, route.replace(/^\/+|\/+$/g, '')].filter((part) => part !== '').join('/');
  if (/^(admin|runtime)(\/|$)/i.test(template))
    throw new Error(
      `Function "${one.name}": the route "${template}" begins with a reserved word (admin, runtime). Choose another.`,
    );
  const methods = binding['methods'];
  const listed = Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : allMethods;
  let segments: readonly Segment[];
  try {
    segments = parseTemplate(template);
  } catch (error) {
    throw new Error(`Function "${one.name}": ${error instanceof Error ? error.message : error}`);
  }
  const rest = segments.at(-1)?.kind === 'rest';
  return {
    one,
    template,
    methods: new Set(listed),
    segments,
    fewest: segments.filter((segment) => !mayBeAbsent(segment)).length,
    most: rest ? Number.POSITIVE_INFINITY : segments.length,
  };
}

/** A segment without the names of its parameters: two routes of one shape match the same paths. */
function shape(segment: Segment): string {
  if (segment.kind === 'literal') return segment.text;
  if (segment.kind === 'mixed') return segment.pattern.source.toLowerCase();
  return segment.kind === 'rest' ? '{*}' : `{${segment.parameter.constraintText}}`;
}

/** A literal beats a text with parameters or a constrained parameter, that one a free one, and a catch-all comes last. */
function rank(segment: Segment): number {
  if (segment.kind === 'literal') return 1;
  if (segment.kind === 'mixed') return 2;
  const constrained = parametersOf(segment).some(({ constraints }) => constraints.length > 0);
  if (segment.kind === 'parameter') return constrained ? 2 : 3;
  return constrained ? 4 : 5;
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return b.length - a.length;
}

/** The function that answers, or undefined. As in Azure, a path that only another method has is not found either. */
export function matchRoute(routes: readonly Route[], method: string, path: string): Match | undefined {
  const inner = path.replace(/^\//, '').replace(/\/$/, '');
  const parts = inner === '' ? [] : inner.split('/').map(decodePart);
  for (const route of routes) {
    if (parts.length < route.fewest || parts.length > route.most || !route.methods.has(method)) continue;
    const params = matchSegments(route.segments, parts);
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

function matchSegments(segments: readonly Segment[], parts: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const value = segment.kind === 'rest' ? parts.slice(index).join('/') : parts[index];
    if (segment.kind === 'literal') {
      if (value?.toLowerCase() !== segment.text) return undefined;
    } else if (segment.kind === 'mixed') {
      const found = segment.pattern.exec(value ?? '');
      if (found === null) return undefined;
      for (const [at, { name, constraints }] of segment.parameters.entries()) {
        const part = found[at + 1] ?? '';
        if (!constraints.every((fits) => fits(part))) return undefined;
        params[name] = part;
      }
    } else {
      const { name, constraints, fallback } = segment.parameter;
      if (value === undefined) {
        if (fallback !== undefined) params[name] = fallback;
      } else if (value === '' && segment.kind === 'parameter') return undefined;
      else if (!constraints.every((fits) => fits(value))) return undefined;
      else params[name] = value;
    }
  }
  return params;
}

/** As Kestrel does it: `%2F` stays, and so does what is no valid encoding. */
function decodePart(part: string): string {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part.replace(/%2f/gi, (slash) => `%25${slash.slice(1)}`));
  } catch {
    return part;
  }
}
