import { WardlineError } from '../errors.ts';

const maximumDepth = 60;

/**
 * Reads a JSON body.
 * @throws WardlineError `unsupported-media-type`, `too-large`, `invalid-body`
 */
export function parseJson(bytes: Uint8Array, contentType: string | null, maximum: number): unknown {
  if (bytes.length > maximum) throw new WardlineError('too-large', `The body may have at most ${maximum} bytes.`);
  if (contentType !== null && !/^application\/(fhir\+|[\w.-]+\+)?json\b/i.test(contentType)) {
    throw new WardlineError('unsupported-media-type', 'Send application/fhir+json or application/json.', {
      expression: 'Content-Type',
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new WardlineError('invalid-body', 'The body is not well-formed JSON in UTF-8.', { cause });
  }
  if (deeperThan(value, maximumDepth))
    throw new WardlineError('invalid-body', `The body nests deeper than ${maximumDepth} levels.`);
  return value;
}

function deeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => deeperThan(inner, levels - 1));
}
