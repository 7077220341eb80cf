import { everyElement, valuesUnder } from '../inverted-index/document-path.ts';
import { orderKey } from '../inverted-index/order-key.ts';
import type { Condition } from './condition.ts';
import type { Driver } from './driver.ts';
import { countAtMost, indexRows } from './index-rows.ts';
import { itemScan } from './item-scan.ts';
import type { Order } from './order.ts';
import { orderScan } from './order-scan.ts';
import { rowList } from './row-list.ts';
import { containerSize, isWholeContainer, partitionSize, type Scope } from './scope.ts';
import { sorted } from './sorted.ts';
import { termScan } from './term-scan.ts';

/** So few items are read at once, whatever else the index offers. */
const few = 100;
/** So many are counted at first: mostly a condition has fewer. */
const several = 500;
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
  const inPartition = isWholeContainer(scope) ? many + 1 : partitionSize(scope, many + 1);
  const sole = order === undefined && isWholeContainer(scope) && condition?.kind === 'term';
  const found =
    condition === undefined || inPartition <= few ? many + 1 : countUpTo(scope, condition, inPartition, sole);
  const indexed = condition !== undefined && found <= many && found < inPartition;
  const candidates = indexed ? found : inPartition;
  const chosen = (): Driver =>
    indexed ? rowList(scope, [...indexRows(scope, condition, Math.max(several, 4 * found))]) : itemScan(scope);
  if (order !== undefined) {
    const sort = candidates <= few || (candidates <= many && !walkIsShorter(scope, candidates, wanted));
    return sort
      ? { driver: sorted(scope, order, chosen()), indexed }
      : { driver: orderScan(scope, order, condition), indexed: true };
  }
  // One path is gone along as far as the page needs; several are worked out together.
  const along = candidates > few && (indexed || isWholeContainer(scope)) ? oneTerm(condition, indexed) : undefined;
  if (along !== undefined) return { driver: pathScan(scope, along), indexed: true };
  return { driver: candidates <= many ? chosen() : itemScan(scope), indexed };
}

function pathScan(scope: Scope, { path, ranges }: Term): Driver {
  return termScan(scope, { path, ranges, reverse: false }, (document) => valuesUnder(document, path).map(orderKey));
}

/** @param sole whether the condition will be gone along anyway, so that it need not be counted to the end. */
function countUpTo(scope: Scope, condition: Condition, inPartition: number, sole: boolean): number {
  const first = countAtMost(scope, condition, Math.min(several, inPartition));
  return first <= several || sole ? first : countAtMost(scope, condition, Math.min(many, inPartition));
}

/** Walking an index in its order comes by all items, of which the candidates lie evenly among them. */
function walkIsShorter(scope: Scope, candidates: number, wanted: number): boolean {
  const worth = Math.ceil((candidates * candidates) / wanted);
  return containerSize(scope, worth + 1) <= worth;
}

type Term = Extract<Condition, { kind: 'term' }>;

/**
 * The path to go along. Where the index has few items (`sole`) only a condition that is nothing but one term, else one
 * of those that must all hold: one on a single value rather than a range, one on elements of arrays last.
 */
function oneTerm(condition: Condition | undefined, sole: boolean): Term | undefined {
  if (condition?.kind === 'term') return condition;
  if (sole || condition?.kind !== 'and') return undefined;
  const terms = condition.of.filter((each) => each.kind === 'term');
  const exact = terms.find(({ ranges }) => ranges.every(({ value }) => value !== undefined));
  return exact ?? terms.find(({ path }) => !path.endsWith(everyElement)) ?? terms[0];
}
