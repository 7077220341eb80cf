const all = (1n << 64n) - 1n;
const c1 = 0x87c37b91114253d5n;
const c2 = 0x4cf5ad432745937fn;

const times = (a: bigint, b: bigint): bigint => (a * b) & all;
const plus = (a: bigint, b: bigint): bigint => (a + b) & all;
const rotate = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (64n - by))) & all;
const mix1 = (value: bigint): bigint => times(rotate(times(value, c1), 31n), c2);
const mix2 = (value: bigint): bigint => times(rotate(times(value, c2), 33n), c1);

function finish(value: bigint): bigint {
  const first = times(value ^ (value >> 33n), 0xff51afd7ed558ccdn);
  const second = times(first ^ (first >> 33n), 0xc4ceb9fe1a85ec53n);
  return second ^ (second >> 33n);
}

/** MurmurHash3, x64, 128 bits, seed 0 (Austin Appleby's public-domain definition). @returns 16 bytes. */
export function murmur3(bytes: Buffer): Buffer {
  let h1 = 0n;
  let h2 = 0n;
  const blocks = bytes.length - (bytes.length % 16);
  for (let at = 0; at < blocks; at += 16) {
    h1 = plus(times(plus(rotate(h1 ^ mix1(bytes.readBigUInt64LE(at)), 27n), h2), 5n), 0x52dce729n);
    h2 = plus(times(plus(rotate(h2 ^ mix2(bytes.readBigUInt64LE(at + 8)), 31n), h1), 5n), 0x38495ab5n);
  }
  const tail = Buffer.alloc(16);
  bytes.copy(tail, 0, blocks);
  h1 ^= mix1(tail.readBigUInt64LE(0));
  h2 ^= mix2(tail.readBigUInt64LE(8));
  const length = BigInt(bytes.length);
  h1 = plus(h1 ^ length, h2 ^ length);
  h2 = plus(h2 ^ length, h1);
  h1 = finish(h1);
  h2 = finish(h2);
  h1 = plus(h1, h2);
  const digest = Buffer.alloc(16);
  digest.writeBigUInt64LE(h1, 0);
  digest.writeBigUInt64LE(plus(h2, h1), 8);
  return digest;
}
