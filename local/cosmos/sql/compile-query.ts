import { canonical } from '../json.ts';
import { aggregates } from './aggregates.ts';
import type { Expression, Query, Source } from './ast.ts';
import { compileExpression, compileObject, type Environment } from './compile-expression.ts';
import type { Evaluate, Results, Rows } from './frame.ts';
import { type Grouping, Groups } from './groups.ts';
import { mentionsAggregate } from './mentions-aggregate.ts';
import { printExpression } from './print.ts';
import { notSupported, QueryError } from './query-error.ts';

/** A query over the documents of a container (or over the results of another query, its `input`). */
export interface Stage {
  /** How many slots its frame has; the document lies in the first. */
  readonly slots: number;
  readonly input: Stage | undefined;
  /** Whether FROM names anything; without it there is one row in all. */
  readonly hasSource: boolean;
  readonly rows: Rows;
  readonly select: Evaluate;
  readonly distinct: boolean;
  /** Whether `select` is the document itself, unchanged. */
  readonly whole: boolean;
  readonly grouping: Grouping | undefined;
}

type Names = ReadonlyMap<string, number>;
const documentSlot = 0;

/** @throws QueryError when the query means nothing. */
export function compileQuery(query: Query): Stage {
  let used = documentSlot + 1;
  const allocate = (): number => used++;
  const [first] = query.sources;
  const inner = first !== undefined && 'query' in first.of ? first.of.query : undefined;
  if (inner !== undefined) refuseInSubquery(inner);
  // A subquery in FROM gives what this query takes for documents.
  const sources: readonly Source[] =
    inner === undefined || first === undefined
      ? query.sources
      : [{ ...first, of: document }, ...query.sources.slice(1)];
  const compiled = new QueryCompiler(allocate).compile({ ...query, sources }, new Map(), true);
  return {
    ...compiled,
    slots: used,
    input: inner === undefined ? undefined : compileQuery(inner),
    hasSource: query.sources.length > 0,
    distinct: query.distinct,
  };
}

/** Stands for the document where a subquery stood. */
const document: Source['of'] = { path: { kind: 'name', name: 'root', at: { start: 0, end: 0 } } };

function refuseInSubquery({ orderBy, offset, top }: Query): void {
  if (orderBy.length > 0) throw new QueryError('SC2202', "'ORDER BY' is not supported in subqueries.");
  if (offset !== undefined) throw new QueryError('SC2204', "'OFFSET LIMIT' clause is not supported in subqueries.");
  if (top !== undefined) throw new QueryError('SC2203', "'TOP' is not supported in subqueries.");
}

class QueryCompiler {
  readonly #allocate: () => number;

  constructor(allocate: () => number) {
    this.#allocate = allocate;
  }

  /** @param outer names that surround the query. @param atTop whether FROM may name the container. */
  compile(query: Query, outer: Names, atTop: boolean): Pick<Stage, 'rows' | 'select' | 'grouping' | 'whole'> {
    const names = new Map(outer);
    const aliases = query.sources.flatMap(({ alias }) => alias ?? []);
    const twice = aliases.find((alias, index) => aliases.indexOf(alias) !== index);
    if (twice !== undefined) throw new QueryError('SC9003', `FROM introduces the name '${twice}' twice.`);
    const steps = query.sources.map((source, index) => this.#source(source, names, atTop && index === 0));
    const environment = this.#environment(names);
    const where = query.where === undefined ? undefined : compileExpression(query.where, environment);
    const rows = chainSources(steps, where);
    if (query.groupBy.length > 0 || selected(query).some(mentionsAggregate)) {
      const { grouping, select } = this.#group(query, environment);
      return { rows, grouping, select, whole: false };
    }
    const select = this.#select(query, environment);
    return { rows, grouping: undefined, select, whole: selectsDocument(query, names) };
  }

  #environment(names: Names): Environment {
    return { slotOf: (name) => names.get(name), subquery: (query) => this.#subquery(query, names) };
  }

  #source(source: Source, names: Map<string, number>, first: boolean): Rows {
    const bind = (): number => {
      const slot = this.#allocate();
      if (source.alias !== undefined) names.set(source.alias, slot);
      return slot;
    };
    if ('query' in source.of) {
      const results = this.#subquery(source.of.query, new Map(names));
      const slot = bind();
      return (frame, emit) =>
        results(frame, (value) => {
          frame.slots[slot] = value;
          return value !== undefined && emit();
        });
    }
    const { path } = source.of;
    const known = new Map(names);
    // What FROM names first, unless it is known from outside, is the container, whatever it is called.
    const container = first ? headOf(path) : undefined;
    if (container !== undefined) known.set(container, documentSlot);
    const value = compileExpression(path, this.#environment(known));
    const slot = bind();
    if (!source.each) {
      return (frame, emit) => {
        frame.slots[slot] = value(frame);
        return frame.slots[slot] !== undefined && emit();
      };
    }
    return (frame, emit) => {
      const list = value(frame);
      if (!Array.isArray(list)) return false;
      for (const item of list) {
        frame.slots[slot] = item;
        if (emit()) return true;
      }
      return false;
    };
  }

  #select({ select, sources }: Query, environment: Environment): Evaluate {
    if (select.kind === 'value') return compileExpression(select.value, environment);
    if (select.kind === 'columns')
      return compileObject(select.columns.map(({ alias, value }) => [alias, compileExpression(value, environment)]));
    const [source, ...more] = sources;
    const slot = source?.alias === undefined ? undefined : environment.slotOf(source.alias);
    if (slot === undefined || more.length > 0)
      throw new QueryError('SC2003', "'SELECT *' is only valid with a single input set.", select.at);
    return ({ slots }) => slots[slot];
  }

  #group(query: Query, environment: Environment): { grouping: Grouping; select: Evaluate } {
    const keys = query.groupBy.map((by) => ({
      text: printExpression(by),
      slot: this.#allocate(),
      of: compileExpression(by, environment),
    }));
    const folded: Grouping['aggregates'][number][] = [];
    const select = this.#select(query, {
      // Inside SELECT of a group only what the group has in common can be named.
      slotOf: (name) => {
        if (environment.slotOf(name) === undefined) return undefined;
        throw new QueryError(
          'SC2102',
          `Property reference '${name}' is invalid in the select list as it is not contained in either an aggregate function or the GROUP BY clause.`,
        );
      },
      subquery: () => {
        throw notSupported('A subquery in the select list of a query with aggregates is');
      },
      grouped: (expression) => keys.find(({ text }) => text === printExpression(expression))?.slot,
      aggregate: ({ name, parameters, at }) => {
        const [argument, ...more] = parameters;
        const make = aggregates[name];
        if (argument === undefined || more.length > 0 || make === undefined)
          throw new QueryError('SC2050', `The ${name} function requires 1 argument(s).`, at);
        const slot = this.#allocate();
        folded.push({ slot, of: compileExpression(argument, environment), make });
        return slot;
      },
    });
    return { grouping: { keys, aggregates: folded }, select };
  }

  #subquery(query: Query, outer: Names): Results {
    refuseInSubquery(query);
    const { rows, select, grouping } = this.compile(query, outer, false);
    const results = grouping === undefined ? selecting(rows, select) : folding(rows, grouping, select);
    return query.distinct ? distinctly(results) : results;
  }
}

/** FROM and JOINs from left to right, each inside the one before, then WHERE. */
function chainSources(steps: readonly Rows[], where: Evaluate | undefined): Rows {
  const test: Rows = (frame, emit) => (where === undefined || where(frame) === true) && emit();
  return steps.reduceRight<Rows>((next, step) => (frame, emit) => step(frame, () => next(frame, emit)), test);
}

const selecting =
  (rows: Rows, select: Evaluate): Results =>
  (frame, emit) =>
    rows(frame, () => emit(select(frame)));

/** Aggregates inside a subquery: all its rows first, then one result a group. */
const folding =
  (rows: Rows, grouping: Grouping, select: Evaluate): Results =>
  (frame, emit) => {
    const groups = new Groups(grouping);
    rows(frame, () => {
      groups.add(frame);
      return false;
    });
    return groups.values().some((group) => emit(group.result(frame, select)));
  };

function distinctly(results: Results): Results {
  return (frame, emit) => {
    const seen = new Set<string>();
    return results(frame, (value) => {
      const key = canonical(value);
      if (seen.has(key)) return false;
      seen.add(key);
      return emit(value);
    });
  };
}

const selected = ({ select }: Query): Expression[] =>
  select.kind === 'star' ? [] : select.kind === 'value' ? [select.value] : select.columns.map(({ value }) => value);

/** The name that a path begins with. */
function headOf(path: Expression): string | undefined {
  let head = path;
  while (head.kind === 'property') head = head.of;
  return head.kind === 'name' ? head.name : undefined;
}

function selectsDocument({ select, sources: [source, ...more] }: Query, names: Names): boolean {
  if (source === undefined || more.length > 0 || source.each || 'query' in source.of) return false;
  if (source.of.path.kind !== 'name') return false;
  if (select.kind === 'star') return true;
  return select.kind === 'value' && select.value.kind === 'name' && names.has(select.value.name);
}
