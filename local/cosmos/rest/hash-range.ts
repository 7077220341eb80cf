import type { IncomingHttpHeaders } from 'node:http';
import type { Container } from '../container.ts';
import { effectivePartitionKey } from '../effective-partition-key.ts';
import { badRequest } from '../errors.ts';
import { header } from './request.ts';

/** Effective partition keys from `start` up to, not including, `end`. */
export interface HashRange {
  readonly start: string;
  readonly end: string;
}

/**
 * The range that a request is limited to: clients send one for a part of the change feed, and for a query by the
 * beginning of a hierarchical key. Not heeding it would answer with other keys' items. @throws CosmosError 400.
 */
export function hashRange(headers: IncomingHttpHeaders): HashRange | undefined {
  const start = header(headers, 'x-ms-start-epk');
  const end = header(headers, 'x-ms-end-epk');
  if (start === undefined && end === undefined) return undefined;
  if (![start ?? '', end ?? ''].every((bound) => /^[0-9A-Fa-f]*$/.test(bound)))
    throw badRequest('x-ms-start-epk and x-ms-end-epk must be hexadecimal.');
  return { start: (start ?? '').toUpperCase(), end: (end ?? 'FF').toUpperCase() };
}

/** Whether a partition key lies in a range; remembers the keys it has hashed. */
export function inRange(container: Container, { start, end }: HashRange): (partition: string) => boolean {
  const known = new Map<string, boolean>();
  const hierarchical = container.keyPaths.length > 1;
  return (partition) => {
    let inside = known.get(partition);
    if (inside === undefined) {
      const hash = effectivePartitionKey(partition, hierarchical);
      inside = hash >= start && hash < end;
      if (known.size > 10_000) known.clear();
      known.set(partition, inside);
    }
    return inside;
  };
}
