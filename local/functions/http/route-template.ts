import { type Constraint, parseConstraint } from './route-constraints.ts';

/** One segment of a route: a text, a parameter, texts and parameters together, or the rest of the path. */
export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly parameter: Parameter }
  | { readonly kind: 'mixed'; readonly pattern: RegExp; readonly parameters: readonly Parameter[] }
  | { readonly kind: 'rest'; readonly parameter: Parameter };

export interface Parameter {
  readonly name: string;
  readonly optional: boolean;
  readonly fallback: string | undefined;
  readonly constraints: readonly Constraint[];
  /** The constraints as they are written. */
  readonly constraintText: string;
}

/**
 * Reads a route template (https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates): `{id}`, `{id?}`,
 * `{id=7}`, `{id:int:min(1)}`, `{*rest}`, `{name}.{extension}`; `{{` is a brace.
 * @throws Error that names the template and what is wrong with it
 */
export function parseTemplate(template: string): readonly Segment[] {
  const wrong = (why: string): Error => new Error(`The route "${template}" is wrong: ${why}.`);
  const segments = splitSegments(template, wrong).map((text) => parseSegment(text, wrong));
  const names = segments.flatMap(parametersOf).map(({ name }) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw wrong(`the parameter "${twice}" occurs twice`);
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment.kind === 'rest' && !last) throw wrong('a catch-all parameter must be the last segment');
    if (
      segment.kind === 'parameter' &&
      segment.parameter.optional &&
      segments.slice(index + 1).some((later) => !mayBeAbsent(later))
    )
      throw wrong(`the optional parameter "${segment.parameter.name}" must be at the end`);
  }
  return segments;
}

/** The parameters of a segment. */
export function parametersOf(segment: Segment): readonly Parameter[] {
  if (segment.kind === 'literal') return [];
  return segment.kind === 'mixed' ? segment.parameters : [segment.parameter];
}

/** Whether a path may end before this segment. */
export const mayBeAbsent = (segment: Segment): boolean =>
  segment.kind === 'rest' ||
  (segment.kind === 'parameter' && (segment.parameter.optional || segment.parameter.fallback !== undefined));

/** Splits at slashes outside of braces: constraints may hold some. */
function splitSegments(template: string, wrong: (why: string) => Error): string[] {
  const segments: string[] = [];
  let current = '';
  let depth = 0;
  for (const character of template.replace(/^\/+|\/+$/g, '')) {
    if (character === '{') depth++;
    if (character === '}') depth--;
    if (depth < 0) throw wrong('a "}" has no "{"');
    if (character === '/' && depth === 0) {
      if (current === '') throw wrong('a segment is empty');
      segments.push(current);
      current = '';
    } else current += character;
  }
  if (depth !== 0) throw wrong('a "{" has no "}"');
  if (/[?#]/.test(template.replace(/\{[^{}]*\}/g, ''))) throw wrong('"?" and "#" cannot be part of a path');
  return current === '' ? segments : [...segments, current];
}

type Part = { readonly text: string } | { readonly parameter: Parameter; readonly rest: boolean };

function parseSegment(text: string, wrong: (why: string) => Error): Segment {
  const parts = parseParts(text, wrong);
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) {
    if ('text' in first) return { kind: 'literal', text: first.text.toLowerCase() };
    return { kind: first.rest ? 'rest' : 'parameter', parameter: first.parameter };
  }
  const parameters = parts.flatMap((part) => ('parameter' in part ? [part.parameter] : []));
  if (parts.some((part) => 'parameter' in part && (part.rest || part.parameter.optional)))
    throw wrong('a segment of several parts takes neither optional nor catch-all parameters');
  if (parts.some((part, index) => 'parameter' in part && 'parameter' in (parts[index + 1] ?? {})))
    throw wrong('two parameters of a segment must have a text between them');
  const pattern = parts
    .map((part) => ('text' in part ? part.text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : '(.+)'))
    .join('');
  return { kind: 'mixed', pattern: new RegExp(`^${pattern}$`, 'i'), parameters };
}

function parseParts(text: string, wrong: (why: string) => Error): Part[] {
  const parts: Part[] = [];
  let literal = '';
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if ((character === '{' || character === '}') && text.charAt(at + 1) === character) {
      literal += character;
      at++;
    } else if (character === '{') {
      let end = at + 1;
      for (let depth = 1; end < text.length; end++) {
        if (text.charAt(end) === '{') depth++;
        if (text.charAt(end) === '}' && --depth === 0) break;
      }
      if (literal !== '') parts.push({ text: literal });
      literal = '';
      parts.push(parseParameter(text.slice(at + 1, end), wrong));
      at = end;
    } else literal += character;
  }
  return literal === '' ? parts : [...parts, { text: literal }];
}

function parseParameter(inner: string, wrong: (why: string) => Error): Part {
  const match = /^(\*{1,2})?([A-Za-z_][\w-]*)((?::(?:[^:=?(]+(?:\(.*?\)(?=:|=|\?|$))?))*)(?:=(.*?))?(\?)?$/s.exec(
    inner,
  );
  if (match === null) throw wrong(`"{${inner}}" is no parameter`);
  const [, rest, name = '', constraints = '', fallback, optional] = match;
  return {
    rest: rest !== undefined,
    parameter: {
      name,
      optional: optional !== undefined,
      fallback,
      constraintText: constraints,
      constraints: splitConstraints(constraints).map((text) => {
        const constraint = parseConstraint(text);
        if (constraint === undefined) throw wrong(`the constraint "${text}" is unknown`);
        return constraint;
      }),
    },
  };
}

/** Splits `:int:regex(a:b)` at the colons outside of parentheses. */
function splitConstraints(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (character === ':' && depth === 0) parts.push('');
    else parts.push(`${parts.pop() ?? ''}${character}`);
  }
  return parts;
}
