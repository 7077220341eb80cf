import { everyElement, pathStep } from '../inverted-index/document-path.ts';
import type { Expression, Query, Source } from '../sql/ast.ts';

/** Where in the document the names of a query stand. */
export type Aliases = ReadonlyMap<string, string>;

/** The names that FROM introduces, beside those around it. @param atTop whether FROM may name the container. */
export function aliasesOf(query: Query, outer: Aliases, atTop: boolean): Map<string, string> {
  const aliases = new Map(outer);
  for (const [index, source] of query.sources.entries()) {
    const path = pathOfSource(source, aliases, atTop && index === 0);
    if (source.alias === undefined) continue;
    if (path === undefined) aliases.delete(source.alias);
    else aliases.set(source.alias, path);
  }
  return aliases;
}

function pathOfSource({ of, each }: Source, aliases: Aliases, container: boolean): string | undefined {
  if ('query' in of) {
    const { select } = of.query;
    return select.kind === 'value' ? pathOf(select.value, aliasesOf(of.query, aliases, container)) : undefined;
  }
  const path = container ? pathFromContainer(of.path) : pathOf(of.path, aliases);
  return path === undefined ? undefined : each ? `${path}/${everyElement}` : path;
}

/** `c.a.b` as the path `/a/b`; undefined when it is no path of the document. One element of an array stands for all. */
export function pathOf(expression: Expression, aliases: Aliases): string | undefined {
  if (expression.kind === 'name') return aliases.get(expression.name);
  if (expression.kind !== 'property') return undefined;
  return step(pathOf(expression.of, aliases), expression.key);
}

/** The container has whatever name FROM gives it. */
const pathFromContainer = (expression: Expression): string | undefined =>
  expression.kind === 'name'
    ? ''
    : expression.kind === 'property'
      ? step(pathFromContainer(expression.of), expression.key)
      : undefined;

function step(of: string | undefined, key: Expression): string | undefined {
  if (of === undefined || key.kind !== 'literal') return undefined;
  if (typeof key.value === 'number') return `${of}/${everyElement}`;
  return typeof key.value === 'string' ? pathStep(of, key.value) : undefined;
}
