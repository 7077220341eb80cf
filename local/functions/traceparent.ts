import { randomFillSync } from 'node:crypto';

/** Bytes of one trace id and one span id (https://www.w3.org/TR/trace-context/#traceparent-header). */
const size = 16 + 8;
/** Random bytes are drawn for many traces at once: one draw costs as much as the rest of a small invocation's book-keeping. */
const pool = Buffer.alloc(size * 256);
let used = pool.length;

/** A trace of its own for what nobody traced before. */
export function newTraceparent(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const trace = pool.toString('hex', used, used + 16);
  const span = pool.toString('hex', used + 16, used + size);
  used += size;
  return `00-${trace}-${span}-01`;
}
