import type { DateRange } from '../date-range.ts';
import type { AskedNumber, Prefix } from './search-query.ts';

/**
 * http://hl7.org/fhir/R4/search.html#prefix for periods. `eq`: the asked period holds all of the resource's; `gt` and
 * `lt`: the resource's reaches beyond it; `ge` and `le`: either of both; `sa` and `eb`: it lies wholly beyond; `ap`:
 * they overlap (the asked period was widened when it was read).
 */
export function dateFits(have: DateRange, prefix: Prefix, asked: DateRange): boolean {
  const within = have.from >= asked.from && have.to <= asked.to;
  switch (prefix) {
    case 'eq':
      return within;
    case 'ne':
      return !within;
    case 'gt':
      return have.to > asked.to;
    case 'lt':
      return have.from < asked.from;
    case 'ge':
      return have.to > asked.to || within;
    case 'le':
      return have.from < asked.from || within;
    case 'sa':
      return have.from > asked.to;
    case 'eb':
      return have.to < asked.from;
    case 'ap':
      return have.from <= asked.to && have.to >= asked.from;
  }
}

/**
 * The same for numbers. Only `eq`, `ne` and `ap` take a number for the span that its digits leave open; the others take
 * it as exact (http://hl7.org/fhir/R4/search.html#number).
 */
export function numberFits(have: { low: number; high: number }, { prefix, exact, low, high }: AskedNumber): boolean {
  const within = have.low >= low && have.high < high;
  switch (prefix) {
    case 'eq':
      return within;
    case 'ne':
      return !within;
    case 'gt':
      return have.high > exact;
    case 'lt':
      return have.low < exact;
    case 'ge':
      return have.high >= exact;
    case 'le':
      return have.low <= exact;
    case 'sa':
      return have.low > exact;
    case 'eb':
      return have.high < exact;
    case 'ap':
      return have.low <= high && have.high >= low;
  }
}
