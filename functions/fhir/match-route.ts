import type { Route } from '../../shared/http.ts';

/** A route that answers a request, and what its template's parameters are. */
export interface MatchedRoute {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/**
 * The route behind an entry of a batch, by Azure's rule: a literal segment comes before a parameter, the first difference
 * decides. @param path relative to the base, as the routes' templates without it
 */
export function matchRoute(
  routes: readonly Route[],
  base: string,
  method: string,
  path: string,
): MatchedRoute | undefined {
  const parts = path.split('/').map(decoded);
  const fitting = routes.flatMap((route) => {
    if (route.method !== method || !route.route.startsWith(`${base}/`)) return [];
    const segments = route.route.slice(base.length + 1).split('/');
    const params = paramsOf(segments, parts);
    return params === undefined
      ? []
      : [{ route, params, rank: segments.map((one) => (one.startsWith('{') ? '1' : '0')).join('') }];
  });
  return fitting.sort((a, b) => a.rank.localeCompare(b.rank))[0];
}

function paramsOf(
  segments: readonly string[],
  parts: readonly (string | undefined)[],
): Record<string, string> | undefined {
  if (segments.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    if (part === undefined || part === '') return undefined;
    const name = /^\{(\w+)\}$/.exec(segment)?.[1];
    if (name === undefined ? segment !== part : part.startsWith('$')) return undefined;
    if (name !== undefined) params[name] = part;
  }
  return params;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
