import type { RegisteredFunction } from './core-api.ts';

/** A function's route, ready to be matched. */
export interface Route {
  readonly one: RegisteredFunction;
  readonly template: string;
  readonly methods: ReadonlySet<string>;
  readonly segments: readonly Segment[];
}
type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | {
      readonly kind: 'parameter';
      readonly name: string;
      readonly optional: boolean;
      readonly rest: boolean;
      readonly constraint: RegExp | undefined;
    };

const constraints: Readonly<Record<string, RegExp>> = {
  int: /^-?\d+$/,
  long: /^-?\d+$/,
  alpha: /^[A-Za-z]+$/,
  bool: /^(true|false)$/i,
  guid: /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i,
  decimal: /^-?\d+(\.\d+)?$/,
};
const allMethods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];

/**
 * Reads the routes of HTTP-triggered functions.
 * @throws Error for what Azure refuses: routes that begin with admin or runtime, and two functions on one route.
 */
export function readRoutes(functions: readonly RegisteredFunction[], prefix: string): Route[] {
  const routes = functions
    .filter(({ trigger }) => trigger.binding.type === 'httpTrigger')
    .map((one) => {
      const route = typeof one.trigger.binding['route'] === 'string' ? one.trigger.binding['route'] : one.name;
      const template = [prefix, route].filter((part) => part !== '').join('/');
      if (/^(admin|runtime)(\/|$)/i.test(template))
        throw new Error(
          `Function "${one.name}": the route "${template}" begins with a reserved word (admin, runtime).`,
        );
      const methods = one.trigger.binding['methods'];
      const listed = Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : allMethods;
      return {
        one,
        template,
        methods: new Set(listed),
        segments: template
          .split('/')
          .filter((part) => part !== '')
          .map(toSegment),
      };
    });
  const taken = new Map<string, string>();
  for (const { one, template, methods } of routes) {
    for (const method of methods) {
      const key = `${method} ${template.toLowerCase().replace(/\{[^}]*\}/g, '{}')}`;
      const other = taken.get(key);
      if (other !== undefined) throw new Error(`Functions "${other}" and "${one.name}" have the same route: ${key}.`);
      taken.set(key, one.name);
    }
  }
  // A literal segment beats a constrained parameter, that one a free one, and a catch-all comes last.
  return routes.sort((a, b) => compareRanks(a.segments.map(rank), b.segments.map(rank)));
}

function toSegment(part: string): Segment {
  const inner = /^\{(\*)?([^:?}=]+)(?::([^?}]+))?(\?)?\}$/.exec(part);
  if (inner === null) return { kind: 'literal', text: part.toLowerCase() };
  const [, rest, name = '', constraint, optional] = inner;
  return {
    kind: 'parameter',
    name,
    optional: optional !== undefined || rest !== undefined,
    rest: rest !== undefined,
    constraint: constraint === undefined ? undefined : constraints[constraint],
  };
}

const rank = (segment: Segment): number =>
  segment.kind === 'literal' ? 0 : segment.rest ? 3 : segment.constraint !== undefined ? 1 : 2;

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? -1) - (b[i] ?? -1);
    if (difference !== 0 && a[i] !== undefined && b[i] !== undefined) return difference;
  }
  return b.length - a.length;
}

/** The function that answers, `'method'` when only another method would, or undefined. */
export function matchRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { route: Route; params: Record<string, string> } | 'method' | undefined {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodePart);
  let otherMethod = false;
  for (const route of routes) {
    const params = matchSegments(route.segments, parts);
    if (params === undefined) continue;
    if (route.methods.has(method)) return { route, params };
    otherMethod = true;
  }
  return otherMethod ? 'method' : undefined;
}

function matchSegments(segments: readonly Segment[], parts: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    if (segment.kind === 'literal') {
      if (part?.toLowerCase() !== segment.text) return undefined;
    } else if (segment.rest) {
      params[segment.name] = parts.slice(index).join('/');
      return params;
    } else if (part === undefined) {
      if (!segment.optional) return undefined;
    } else {
      if (segment.constraint !== undefined && !segment.constraint.test(part)) return undefined;
      params[segment.name] = part;
    }
  }
  return parts.length > segments.length ? undefined : params;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
