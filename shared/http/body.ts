import { WardlineError } from '../errors.ts';

const maximumDepth = 60;

/** What of a request says how to read its body. */
export interface BodySource {
  readonly headers: Headers;
  body(): Promise<Uint8Array>;
}

/**
 * Reads a body as JSON.
 * @param maximum bytes
 * @throws WardlineError `too-large`, `unsupported-media-type`, `invalid-body`
 */
export async function readJson(source: BodySource, maximum: number): Promise<unknown> {
  const contentType = source.headers.get('content-type');
  if (contentType !== null && !/^application\/([\w.-]+\+)?json *(;|$)/i.test(contentType)) {
    throw new WardlineError('unsupported-media-type', 'Send application/fhir+json or application/json.', {
      expression: 'Content-Type',
    });
  }
  let value: unknown;
  const bytes = await readBytes(source, maximum);
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new WardlineError('invalid-body', 'The body is not well-formed JSON in UTF-8.', { cause });
  }
  if (deeperThan(value, maximumDepth))
    throw new WardlineError('invalid-body', `The body nests deeper than ${maximumDepth} levels.`);
  return value;
}

/**
 * Reads a body as form fields.
 * @param maximum bytes
 * @throws WardlineError `too-large`, `unsupported-media-type`
 */
export async function readForm(source: BodySource, maximum: number): Promise<URLSearchParams> {
  if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(source.headers.get('content-type') ?? ''))
    throw new WardlineError('unsupported-media-type', 'Send application/x-www-form-urlencoded.', {
      expression: 'Content-Type',
    });
  return new URLSearchParams(new TextDecoder().decode(await readBytes(source, maximum)));
}

/**
 * Reads a body as it is; what announces itself as too large is not even read.
 * @param maximum bytes
 * @throws WardlineError `too-large`
 */
export async function readBytes({ headers, body }: BodySource, maximum: number): Promise<Uint8Array> {
  const tooLarge = (): WardlineError =>
    new WardlineError('too-large', `The body may have at most ${maximum} bytes.`, { expression: 'Content-Length' });
  if (Number(headers.get('content-length') ?? 0) > maximum) throw tooLarge();
  const bytes = await body();
  if (bytes.length > maximum) throw tooLarge();
  return bytes;
}

function deeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => deeperThan(inner, levels - 1));
}
