import type { StatementSync } from 'node:sqlite';
import { badRequest } from './errors.ts';
import { isObject, type JsonObject } from './json.ts';

/** Provisioned throughput of a database or container, in request units a second. */
export type Throughput = { readonly manual: number } | { readonly autoscaleMaximum: number };

/** What a container gets that is created without any, in a database that has none to share. */
export const defaultThroughput: Throughput = { manual: 400 };

/** @throws CosmosError 400 for an amount that the service does not sell. */
export function checkedThroughput(throughput: Throughput): Throughput {
  const [amount, minimum, step] =
    'manual' in throughput ? [throughput.manual, 400, 100] : [throughput.autoscaleMaximum, 1000, 1000];
  if (!Number.isInteger(amount) || amount < minimum || amount % step !== 0)
    throw badRequest(
      `The offer should have valid throughput values between ${minimum} and 1000000 inclusive in increments of ${step}.`,
    );
  return throughput;
}

/** Request units a second that this buys. */
export const unitsASecond = (throughput: Throughput): number =>
  'manual' in throughput ? throughput.manual : throughput.autoscaleMaximum;

/** Which database or container (by resource id) has what throughput. Changes belong inside a transaction. */
export class Offers {
  readonly #prepare: (sql: string) => StatementSync;

  constructor(prepare: (sql: string) => StatementSync) {
    this.#prepare = prepare;
  }

  get(rid: string): Throughput | undefined {
    const row = this.#prepare('SELECT throughput FROM offers WHERE resource = ?').get(rid);
    return row === undefined ? undefined : JSON.parse(String(row['throughput']));
  }

  set(rid: string, throughput: Throughput): void {
    this.#prepare('INSERT OR REPLACE INTO offers (resource, throughput) VALUES (?, ?)').run(
      rid,
      JSON.stringify(throughput),
    );
  }

  remove(rid: string): void {
    this.#prepare('DELETE FROM offers WHERE resource = ?').run(rid);
  }
}

/** The `content` of an offer document (version 2), as clients read and replace it. */
export const offerContent = (throughput: Throughput): JsonObject =>
  'manual' in throughput
    ? { offerThroughput: throughput.manual }
    : {
        offerThroughput: throughput.autoscaleMaximum / 10,
        offerAutopilotSettings: { maxThroughput: throughput.autoscaleMaximum },
      };

/** Reads such a content. @throws CosmosError 400. */
export function readOfferContent(content: unknown): Throughput {
  if (!isObject(content)) throw badRequest('An offer needs a content.');
  const { offerThroughput, offerAutopilotSettings } = content;
  const maximum = isObject(offerAutopilotSettings) ? offerAutopilotSettings['maxThroughput'] : undefined;
  if (typeof maximum === 'number') return checkedThroughput({ autoscaleMaximum: maximum });
  if (typeof offerThroughput !== 'number') throw badRequest('content.offerThroughput must be a number.');
  return checkedThroughput({ manual: offerThroughput });
}
