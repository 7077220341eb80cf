import { readEndpoints } from './endpoints.ts';
import { tokenFor } from './token-for.ts';

const shards = [0, 1, 2, 3];

/**
 * Downloads the chains of a month, page by page, as newline-delimited JSON.
 * @param user whose trust's chains they are. @param month e.g. `2026-11`
 */
export async function exportMonth(user: string, month: string): Promise<string> {
  const chains = await Promise.all(shards.map((shard) => exportChain(user, month, shard)));
  return chains.join('');
}

/**
 * Downloads the checkpoints of a user's trust, oldest first, as they were sealed.
 */
export async function exportCheckpoints(user: string): Promise<string> {
  let text = '';
  for (let after = 0; ; ) {
    const page = await download(user, `/audit/checkpoints?after=${after}`);
    if (page === '') return text;
    text += page;
    ({ checkpoint: after } = JSON.parse(page.trimEnd().split('\n').at(-1) ?? '') as { checkpoint: number });
  }
}

async function exportChain(user: string, month: string, shard: number): Promise<string> {
  let text = '';
  for (let after = 0; ; ) {
    const page = await download(user, `/audit/chains/${month}?shard=${shard}&after=${after}`);
    text += page;
    const lines = page.trimEnd().split('\n');
    const { head } = JSON.parse(lines[0] ?? '{}') as { head?: { seq: number } };
    const { seq = after } = JSON.parse(lines.at(-1) ?? '{}') as { seq?: number };
    if (seq === after || seq >= (head?.seq ?? 0)) return text;
    after = seq;
  }
}

async function download(user: string, path: string): Promise<string> {
  const response = await fetch(new URL(path, readEndpoints().functions), {
    headers: { authorization: `Bearer ${await tokenFor(user)}` },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`GET ${path} was answered ${response.status}: ${text}`);
  return text;
}
