import { readFileSync } from 'node:fs';
import { type Breach, type Link, proveChain } from '../shared/audit/index.ts';
import { readEndpoints } from './endpoints.ts';
import { tokenFor } from './token-for.ts';

/**
 * `npm run audit:verify [-- FILE…]`: proves audit chains. With files (exports of `GET /audit/chains/{month}`) it needs
 * nothing but the files; without, it asks the running Wardline for this month's and last month's chains of both trusts.
 */
interface Head {
  readonly chain: string;
  readonly begin: string;
  readonly head?: { readonly seq: number; readonly hash: string };
}

function prove(name: string, text: string): boolean {
  const rows = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Head & Link);
  const heads = rows.filter((row) => row.seq === undefined);
  let whole = true;
  for (const { chain, begin, head } of heads) {
    const links = rows.filter((row) => row.chain === chain && row.seq !== undefined);
    const breach: Breach | undefined = proveChain(links, begin, head);
    if (breach === undefined) console.log(`whole   ${chain}  ${links.length} entries`);
    else {
      whole = false;
      console.log(`BROKEN  ${chain}  row ${breach.seq} (entry ${breach.id}): ${breach.what}`);
    }
  }
  if (heads.length === 0) console.log(`${name} holds no chain.`);
  return whole && heads.length > 0;
}

async function download(user: string, month: string): Promise<string> {
  const response = await fetch(new URL(`/audit/chains/${month}`, readEndpoints().functions), {
    headers: { authorization: `Bearer ${await tokenFor(user)}` },
  });
  if (!response.ok)
    throw new Error(`The chains of ${month} were answered ${response.status}: ${await response.text()}`);
  return response.text();
}

const takesValue = new Set(['--state']);
const files = process.argv
  .slice(2)
  .filter((argument, index, all) => !argument.startsWith('--') && !takesValue.has(all[index - 1] ?? ''));
const proofs: boolean[] = files.map((file) => prove(file, readFileSync(file, 'utf8')));
if (files.length === 0) {
  const now = new Date();
  const months = [0, 1].map((ago) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago)).toISOString().slice(0, 7),
  );
  for (const user of ['auditor', 'auditor.rxf'])
    for (const month of months) proofs.push(prove(`${user} ${month}`, await download(user, month)));
}
process.exitCode = proofs.every(Boolean) ? 0 : 1;
