import { badRequest } from './errors.ts';

/** What a filter may ask of a connection. */
export interface Filtered {
  readonly userId: string | undefined;
  readonly connectionId: string;
  readonly groups: ReadonlySet<string>;
}

type Value = string | number | boolean | null | readonly Value[];
type Expression = (one: Filtered) => Value;

/**
 * Compiles an OData filter
 * (https://learn.microsoft.com/azure/azure-web-pubsub/reference-odata-filter): `userId`, `connectionId` and `groups`;
 * `eq ne gt ge lt le in and or not`; `length tolower toupper trim substring startswith endswith indexof concat`.
 * @throws WebPubSubError 400 that says where it cannot be read.
 */
export function compileFilter(text: string): (one: Filtered) => boolean {
  const parser = new Parser(text);
  const expression = parser.parse();
  return (one) => expression(one) === true;
}

const tokens = /\s*(?:('(?:[^']|'')*')|(-?\d+(?:\.\d+)?)|([A-Za-z_]\w*)|([(),]))/y;
const maximumDepth = 50;

type Token = { readonly kind: 'text' | 'number' | 'word' | 'mark' | 'end'; readonly text: string };

const string = (value: Value | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
const order = (a: Value, b: Value): number | undefined => {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b);
  return undefined;
};

const comparisons: Readonly<Record<string, (a: Value, b: Value) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  gt: (a, b) => (order(a, b) ?? 0) > 0,
  ge: (a, b) => (order(a, b) ?? -1) >= 0,
  lt: (a, b) => (order(a, b) ?? 0) < 0,
  le: (a, b) => (order(a, b) ?? 1) <= 0,
  in: (a, b) => Array.isArray(b) && b.includes(a),
};

const functions: Readonly<Record<string, { readonly takes: readonly number[]; call(...given: Value[]): Value }>> = {
  length: { takes: [1], call: (value) => string(value)?.length ?? null },
  tolower: { takes: [1], call: (value) => string(value)?.toLowerCase() ?? null },
  toupper: { takes: [1], call: (value) => string(value)?.toUpperCase() ?? null },
  trim: { takes: [1], call: (value) => string(value)?.trim() ?? null },
  substring: {
    takes: [2, 3],
    call: (value, from, count) =>
      string(value)?.substring(Number(from), count === undefined ? undefined : Number(from) + Number(count)) ?? null,
  },
  startswith: { takes: [2], call: (value, part) => string(value)?.startsWith(String(part)) ?? false },
  endswith: { takes: [2], call: (value, part) => string(value)?.endsWith(String(part)) ?? false },
  indexof: { takes: [2], call: (value, part) => string(value)?.indexOf(String(part)) ?? null },
  concat: { takes: [2], call: (a, b) => `${a ?? ''}${b ?? ''}` },
};

const properties: Readonly<Record<string, Expression>> = {
  userId: ({ userId }) => userId ?? null,
  connectionId: ({ connectionId }) => connectionId,
  groups: ({ groups }) => [...groups],
  true: () => true,
  false: () => false,
  null: () => null,
};

class Parser {
  readonly #tokens: Token[] = [];
  #next = 0;
  #depth = 0;

  constructor(text: string) {
    const pattern = new RegExp(tokens);
    const end = text.trimEnd().length;
    while (pattern.lastIndex < end) {
      const at = pattern.lastIndex;
      const match = pattern.exec(text);
      if (match === null) throw badRequest(`The filter cannot be read at position ${at}.`);
      const [, quoted, number, word, mark] = match;
      if (quoted !== undefined) this.#tokens.push({ kind: 'text', text: quoted.slice(1, -1).replaceAll("''", "'") });
      else if (number !== undefined) this.#tokens.push({ kind: 'number', text: number });
      else if (word !== undefined) this.#tokens.push({ kind: 'word', text: word });
      else this.#tokens.push({ kind: 'mark', text: mark ?? '' });
    }
  }

  parse(): Expression {
    const expression = this.#or();
    if (this.#peek().kind !== 'end') throw this.#unexpected();
    return expression;
  }

  #or(): Expression {
    const first = this.#and();
    const rest: Expression[] = [];
    while (this.#takeWord('or')) rest.push(this.#and());
    return rest.length === 0 ? first : (one) => [first, ...rest].some((each) => each(one) === true);
  }

  #and(): Expression {
    const first = this.#not();
    const rest: Expression[] = [];
    while (this.#takeWord('and')) rest.push(this.#not());
    return rest.length === 0 ? first : (one) => [first, ...rest].every((each) => each(one) === true);
  }

  #not(): Expression {
    if (++this.#depth > maximumDepth) throw badRequest('The filter is nested too deeply.');
    try {
      if (!this.#takeWord('not')) return this.#comparison();
      const negated = this.#not();
      return (one) => negated(one) !== true;
    } finally {
      this.#depth--;
    }
  }

  #comparison(): Expression {
    const left = this.#value();
    const { kind, text } = this.#peek();
    const compare = kind === 'word' ? comparisons[text] : undefined;
    if (compare === undefined) return left;
    this.#next++;
    const right = text === 'in' && this.#peek().text === '(' ? this.#list() : this.#value();
    return (one) => compare(left(one), right(one));
  }

  #list(): Expression {
    const members = this.#arguments();
    return (one) => members.map((each) => each(one));
  }

  #value(): Expression {
    const { kind, text } = this.#peek();
    if (kind === 'text' || kind === 'number') {
      this.#next++;
      return () => (kind === 'number' ? Number(text) : text);
    }
    if (kind === 'mark' && text === '(') {
      this.#next++;
      const inner = this.#or();
      this.#expect(')');
      return inner;
    }
    if (kind !== 'word') throw this.#unexpected();
    this.#next++;
    const call = Object.hasOwn(functions, text) ? functions[text] : undefined;
    if (call !== undefined) {
      const given = this.#arguments();
      if (!call.takes.includes(given.length))
        throw badRequest(`The filter calls ${text} with ${given.length} arguments.`);
      return (one) => call.call(...given.map((each) => each(one)));
    }
    const property = Object.hasOwn(properties, text) ? properties[text] : undefined;
    if (property === undefined)
      throw badRequest(`The filter names "${text}"; there are userId, connectionId and groups.`);
    return property;
  }

  #arguments(): Expression[] {
    this.#expect('(');
    const given = [this.#or()];
    while (this.#peek().text === ',' && this.#peek().kind === 'mark') {
      this.#next++;
      given.push(this.#or());
    }
    this.#expect(')');
    return given;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '' };
  }

  #takeWord(word: string): boolean {
    const { kind, text } = this.#peek();
    if (kind !== 'word' || text !== word) return false;
    this.#next++;
    return true;
  }

  #expect(mark: string): void {
    const { kind, text } = this.#peek();
    if (kind !== 'mark' || text !== mark) throw this.#unexpected();
    this.#next++;
  }

  #unexpected(): Error {
    const { kind, text } = this.#peek();
    return badRequest(kind === 'end' ? 'The filter ends too early.' : `The filter is wrong at "${text}".`);
  }
}
