import type { JsonObject } from '../json.ts';
import { createPipeline } from './pipeline.ts';
import { prepare } from './prepare.ts';

/**
 * Whether a document fulfils the condition of a patch (`from c where c.n > 1`).
 * @param now milliseconds since 1970. @throws QueryError when it is no condition.
 */
export function matches(condition: string, document: JsonObject, now: number): boolean {
  const { stage } = prepare(`SELECT * ${condition}`);
  return createPipeline(stage, { parameters: new Map(), now, random: Math.random }).feed(document, () => true);
}
