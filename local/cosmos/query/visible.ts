import type { Item } from '../item.ts';
import type { Json } from '../json.ts';
import type { View } from '../view.ts';
import { type Candidate, comparePositions, type Driver, type Position } from './driver.ts';
import { inScope, type Scope } from './scope.ts';

export interface VisibleCandidate extends Candidate {
  readonly document: Json;
}

/**
 * The candidates of a driver as a view shows them, each once: what has changed too lately for the view in its earlier
 * form, at the place where that stood.
 */
export function* visible(
  driver: Driver,
  start: Position | undefined,
  scope: Scope,
  view: View,
): Generator<VisibleCandidate> {
  const past = view.past
    .filter((item) => inScope(scope, item))
    .flatMap((item) => placed(driver, item))
    .filter((candidate) => start === undefined || comparePositions(candidate, start, driver.reverse) >= 0)
    .sort((a, b) => comparePositions(a, b, driver.reverse));
  let at = 0;
  for (const candidate of driver.from(start)) {
    const { item, key } = candidate;
    if (!inScope(scope, item) || view.hides(item)) continue;
    for (
      let next = past[at];
      next !== undefined && comparePositions(next, candidate, driver.reverse) < 0;
      next = past[at]
    ) {
      yield next;
      at++;
    }
    const document: Json = JSON.parse(item.body);
    const place = driver.place(item, document);
    if (place !== undefined && Buffer.compare(place, key) === 0) yield { ...candidate, document };
  }
  yield* past.slice(at);
}

function placed(driver: Driver, item: Item): VisibleCandidate[] {
  const document: Json = JSON.parse(item.body);
  const key = driver.place(item, document);
  return key === undefined ? [] : [{ key, row: item.row, item, document }];
}
