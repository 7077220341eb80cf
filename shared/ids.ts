import { randomBytes } from 'node:crypto';
import type { Clock, Ids } from './context.ts';

/** Crockford's base32: no I, L, O or U, so that an id can be read aloud (https://www.crockford.com/base32.html). */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * Ids of this process: ULIDs that grow even within one millisecond (https://github.com/ulid/spec), and patient tokens.
 * @param random a source of n random bytes; the tests pass their own.
 */
export function createIds(clock: Clock, random: (size: number) => Uint8Array = randomBytes): Ids {
  let lastTime = -1;
  let lastRandom = 0n;
  return {
    ulid() {
      const time = Math.max(clock.now().getTime(), lastTime);
      lastRandom = time === lastTime ? lastRandom + 1n : bytesToInteger(random(10));
      lastTime = time;
      return encode(BigInt(time), 10) + encode(lastRandom, 16);
    },
    token: () =>
      Array.from(random(12), (byte) => alphabet[byte % 32])
        .join('')
        .toLowerCase(),
  };
}

const bytesToInteger = (bytes: Uint8Array): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

function encode(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest >>= 5n) text = `${alphabet[Number(rest & 31n)]}${text}`;
  return text;
}
