/** .NET ticks (100 ns since the year 1) as the bytes of an AMQP long. @param milliseconds since 1970 */
export function ticks(milliseconds: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(milliseconds) * 10_000n + 621_355_968_000_000_000n);
  return bytes;
}
