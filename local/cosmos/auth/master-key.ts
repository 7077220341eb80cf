import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

/**
 * Whether a signature was made with the account's key
 * (https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources).
 * @param segments of the path, decoded. @param signature base64. @param date as the header has it.
 */
export function signedWithKey(
  { method, segments }: { readonly method: string; readonly segments: readonly string[] },
  { signature, date }: { readonly signature: string; readonly date: string },
  key: KeyObject,
): boolean {
  const given = Buffer.from(signature, 'base64');
  return candidates(segments).some(([type, link]) => {
    const text = `${method.toLowerCase()}\n${type.toLowerCase()}\n${link}\n${date.toLowerCase()}\n\n`;
    const expected = createHmac('sha256', key).update(text).digest();
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

/**
 * Resource type and link that a client may have signed: the path of names down to the resource (of a feed: its owner);
 * for paths of resource ids the innermost id alone, as it is or in lower case; for what is done to a whole container
 * (`…/operations/partitionkeydelete`) the container.
 */
function candidates(segments: readonly string[]): [type: string, link: string][] {
  const even = segments.length % 2 === 0;
  const type = (even ? segments.at(-2) : segments.at(-1)) ?? '';
  const owner = even ? segments : segments.slice(0, -1);
  const innermost = owner.at(-1) ?? '';
  const byName: [string, string] = [type, owner.join('/')];
  if (type === 'operations') return [byName, ['colls', segments.slice(0, 4).join('/')]];
  return innermost === '' ? [byName] : [byName, [type, innermost], [type, innermost.toLowerCase()]];
}
