import { everyElement, valuesUnder } from '../inverted-index/document-path.ts';
import { orderKey } from '../inverted-index/order-key.ts';
import type { Condition } from './condition.ts';
import type { Driver } from './driver.ts';
import { indexRows } from './index-rows.ts';
import { itemScan } from './item-scan.ts';
import type { Order } from './order.ts';
import { orderScan } from './order-scan.ts';
import { rowList } from './row-list.ts';
import { containerSize, partitionSize, type Scope } from './scope.ts';
import { sorted } from './sorted.ts';
import { termScan } from './term-scan.ts';

/** So few items are read at once, whatever else the index offers. */
const few = 100;
/** More candidates than this are never held in memory. */
const many = 10_000;

export interface Choice {
  readonly driver: Driver;
  /** Whether the index cut the candidates down. */
  readonly indexed: boolean;
}

/**
 * The cheapest way to the results: the partition, the index, or everything.
 * @param wanted how many results the page needs at most.
 */
export function chooseDriver(
  scope: Scope,
  condition: Condition | undefined,
  order: Order | undefined,
  wanted: number,
): Choice {
  const inPartition = scope.partition === undefined ? many + 1 : partitionSize(scope, scope.partition, many + 1);
  const rows = condition === undefined || inPartition <= few ? undefined : indexRows(scope, condition);
  const indexed = rows !== undefined && rows.size < inPartition;
  const candidates = indexed ? rows.size : inPartition;
  if (candidates <= many) {
    const driver = indexed ? rowList(scope, [...rows]) : itemScan(scope);
    if (order === undefined) return { driver, indexed };
    if (candidates <= few || !walkIsShorter(scope, candidates, wanted))
      return { driver: sorted(scope, order, driver), indexed };
  }
  if (order !== undefined) return { driver: orderScan(scope, order, condition), indexed: true };
  const term = scope.partition === undefined ? widestTerm(condition) : undefined;
  if (term === undefined) return { driver: itemScan(scope), indexed: false };
  const { path, ranges } = term;
  const driver = termScan(scope, { path, ranges, reverse: false }, (document) =>
    valuesUnder(document, path).map(orderKey),
  );
  return { driver, indexed: true };
}

/** Walking an index in its order comes by all items, of which the candidates lie evenly among them. */
function walkIsShorter(scope: Scope, candidates: number, wanted: number): boolean {
  const worth = Math.ceil((candidates * candidates) / wanted);
  return containerSize(scope, worth + 1) <= worth;
}

type Term = Extract<Condition, { kind: 'term' }>;

/** Of conditions that all have many items: one on a single value, else any. Those on elements come last. */
function widestTerm(condition: Condition | undefined): Term | undefined {
  const conditions = condition?.kind === 'and' ? condition.of : condition === undefined ? [] : [condition];
  const terms = conditions.filter((each) => each.kind === 'term');
  const exact = terms.filter(({ ranges }) => ranges.every(({ value }) => value !== undefined));
  return exact[0] ?? terms.find(({ path }) => !path.endsWith(everyElement)) ?? terms[0];
}
