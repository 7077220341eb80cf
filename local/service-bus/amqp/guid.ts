/** A .NET Guid has its first three parts in the other byte order; delivery tags use it, management bodies do not. */
export const reorderGuid = (bytes: Uint8Array): Buffer =>
  Buffer.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((from) => bytes[from] ?? 0));
