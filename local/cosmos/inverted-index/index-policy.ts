import { isObject, type Json, type JsonObject } from '../json.ts';
import { pathStep } from './document-path.ts';

/** One path of a composite index. */
export interface CompositePath {
  readonly path: string;
  readonly descending: boolean;
}

/** A composite index; its first path ascends, as one that descends is the same index read backwards. */
export interface CompositeIndex {
  readonly paths: readonly CompositePath[];
  /** The name its keys lie under, beside the paths. */
  readonly name: string;
}

/** What is indexed of a container's items. Paths are written `/a/b/[]/c`: `[]` stands for every element of an array. */
export interface IndexPolicy {
  readonly indexed: (path: string) => boolean;
  readonly composites: readonly CompositeIndex[];
  /** Tells policies apart that make different indexes of the same items. */
  readonly fingerprint: string;
}

/** Always indexed, whatever the policy excludes (https://learn.microsoft.com/azure/cosmos-db/index-policy). */
const always = new Set(['/id', '/_ts']);

/** Never indexed here: system properties that change with every write, and that nobody searches by. */
const systemPaths = ['/_rid', '/_self', '/_etag', '/_attachments'];

/**
 * Reads an indexing policy; without one every path is indexed. Of the included and excluded paths the longest that
 * matches decides (https://learn.microsoft.com/azure/cosmos-db/index-policy#include-exclude-precedence). What is no
 * policy is left out: a stored definition has to open.
 */
export function readIndexPolicy(policy: Json | undefined): IndexPolicy {
  if (!isObject(policy)) return readIndexPolicy({});
  const composites = listOf(policy['compositeIndexes']).flatMap((entries) => {
    const paths = listOf(entries).map(compositePath);
    return paths.length < 2 || paths.includes(undefined)
      ? []
      : [compositeIndex(paths.filter((path) => path !== undefined))];
  });
  if (modeOf(policy) === 'none') return { indexed: () => false, composites: [], fingerprint: 'none' };
  const rules = [...readPaths(policy, 'includedPaths'), ...readPaths(policy, 'excludedPaths')];
  // A policy that names no path at all is the default one.
  if (rules.length === 0) rules.push({ path: '/*', included: true });
  return {
    indexed: pathTest(rules),
    composites,
    fingerprint: JSON.stringify([rules, composites.map(({ name }) => name)]),
  };
}

interface Rule {
  readonly path: string;
  readonly included: boolean;
}

const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);
const modeOf = (policy: JsonObject): string => String(policy['indexingMode'] ?? 'consistent').toLowerCase();

const readPaths = (policy: JsonObject, name: 'includedPaths' | 'excludedPaths'): Rule[] =>
  listOf(policy[name]).flatMap((entry) => {
    const path = isObject(entry) ? entry['path'] : undefined;
    return typeof path === 'string' && /^\/(.*\/)?[?*]$/.test(path)
      ? [{ path: unquoted(path), included: name === 'includedPaths' }]
      : [];
  });

function compositePath(entry: Json): CompositePath | undefined {
  const [path, order] = isObject(entry) ? [entry['path'], entry['order'] ?? 'ascending'] : [undefined, undefined];
  if (typeof path !== 'string' || !/^\/[^*?]+$/.test(path) || path.includes('[]')) return undefined;
  return order === 'ascending' || order === 'descending'
    ? { path: unquoted(path), descending: order === 'descending' }
    : undefined;
}

/** Sets the directions so that the first one ascends. */
export function compositeIndex(paths: readonly CompositePath[]): CompositeIndex {
  const turned = paths[0]?.descending === true;
  const normal = paths.map(({ path, descending }) => ({ path, descending: descending !== turned }));
  return { paths: normal, name: normal.map(({ path, descending }) => `${descending ? '-' : '+'}${path}`).join() };
}

/** `/"a-b"/?` names the property `a-b`. */
const unquoted = (path: string): string =>
  path.replace(/\/"((?:[^"\\]|\\.)*)"/g, (_, name: string) => pathStep('', name.replace(/\\(.)/g, '$1')));

function pathTest(rules: readonly Rule[]): (path: string) => boolean {
  const prepared = rules
    .map(({ path, included }) => ({ included, exact: path.endsWith('?'), prefix: path.replace(/\/[?*]$/, '') }))
    .sort((a, b) => b.prefix.length - a.prefix.length || Number(b.exact) - Number(a.exact));
  const known = new Map<string, boolean>();
  const mostKnown = 10_000;
  return (path) => {
    let answer = known.get(path);
    if (answer === undefined) {
      const rule = prepared.find(({ exact, prefix }) => path === prefix || (!exact && path.startsWith(`${prefix}/`)));
      answer = always.has(path) || (path !== '' && !systemPaths.includes(path) && rule?.included === true);
      if (known.size >= mostKnown) known.clear();
      known.set(path, answer);
    }
    return answer;
  };
}
