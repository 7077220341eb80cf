import { parseJson } from '../parse-json.ts';
import type { Envelope } from './store.ts';

/** What of a request is kept, and what is wrong with the rest, by its place. */
export interface ReadItems {
  readonly accepted: readonly Envelope[];
  readonly errors: readonly { readonly index: number; readonly statusCode: 400; readonly message: string }[];
}

/**
 * Reads a body of `/v2.1/track`: a JSON array, or a JSON object a line
 * (https://learn.microsoft.com/azure/azure-monitor/app/application-insights-faq, the Track API that the SDKs speak).
 */
export function readItems(text: string): ReadItems {
  const accepted: Envelope[] = [];
  const errors: ReadItems['errors'][number][] = [];
  for (const [index, item] of split(text).entries()) {
    if (isEnvelope(item)) accepted.push(item);
    else errors.push({ index, statusCode: 400, message: 'An item needs time and data.baseType.' });
  }
  return { accepted, errors };
}

function split(text: string): unknown[] {
  const trimmed = text.trim();
  if (trimmed.startsWith('[')) {
    const whole = parse(trimmed);
    return Array.isArray(whole) ? whole : [undefined];
  }
  return trimmed.split('\n').map(parse);
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function isEnvelope(item: unknown): item is Envelope {
  if (typeof item !== 'object' || item === null) return false;
  const { time, tags, data } = item as Readonly<Record<string, unknown>>;
  return (
    typeof time === 'string' &&
    !Number.isNaN(Date.parse(time)) &&
    (tags === undefined || isTags(tags)) &&
    typeof data === 'object' &&
    data !== null &&
    typeof Reflect.get(data, 'baseType') === 'string'
  );
}

const isTags = (tags: unknown): boolean =>
  typeof tags === 'object' && tags !== null && Object.values(tags).every((value) => typeof value === 'string');
