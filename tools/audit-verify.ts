import { readFileSync } from 'node:fs';
import { type Proof, proveExport, type TrustedKey } from '../shared/audit/index.ts';
import { exportCheckpoints, exportMonth } from './audit-export.ts';

/**
 * `npm run audit:verify [-- FILE…] [--trust RR8] [--months 2] [--key FILE]`: proves audit chains and the checkpoints that
 * sealed them, and names the first row that was edited, removed, added or moved; exit 1 then. With files (exports of
 * `GET /audit/chains/{month}` and `GET /audit/checkpoints`, read together) it needs nothing but the files; without, it
 * asks the running Wardline. `--key`: the public key that may have signed, as JWK or JWK set (RFC 7517); without it the
 * checkpoints vouch for each other, and for the chains, by the key that they name.
 */
const auditors: Readonly<Record<string, string>> = { RR8: 'auditor', RXF: 'auditor.rxf' };

const flags = new Map<string, string>();
const files: string[] = [];
for (let index = 2; index < process.argv.length; index++) {
  const argument = process.argv[index] ?? '';
  if (argument.startsWith('--')) flags.set(argument.slice(2), process.argv[++index] ?? '');
  else files.push(argument);
}

/** This month and those before it, `2026-11`. */
function months(count: number): string[] {
  const now = new Date();
  return Array.from({ length: count }, (_, ago) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago)).toISOString().slice(0, 7),
  );
}

async function download(): Promise<string> {
  const trust = flags.get('trust');
  const users = trust === undefined ? Object.values(auditors) : [auditors[trust]];
  let text = '';
  for (const user of users) {
    if (user === undefined)
      throw new Error(`There is no auditor of ${trust}; there are: ${Object.keys(auditors).join(', ')}.`);
    text += await exportCheckpoints(user);
    for (const month of months(Number(flags.get('months') ?? 2))) text += await exportMonth(user, month);
  }
  return text;
}

/** @throws Error when the file holds no key */
function trustedKeys(): TrustedKey[] | undefined {
  const file = flags.get('key');
  if (file === undefined) return undefined;
  const { keys, ...key } = JSON.parse(readFileSync(file, 'utf8')) as { keys?: TrustedKey[] } & TrustedKey;
  const found = keys ?? [key];
  if (found.some(({ n, e }) => typeof n !== 'string' || typeof e !== 'string'))
    throw new Error(`${file} should hold an RSA public key as JWK: {"kty": "RSA", "n": …, "e": …}.`);
  return found;
}

const isCheckpoints = (chain: string): boolean => chain.endsWith('|checkpoints');

function print({ chain, entries, breach, note }: Proof): void {
  if (breach === undefined)
    console.log(
      `whole   ${chain}  ${entries}${isCheckpoints(chain) ? '' : ' entries'}${note === undefined ? '' : `  (${note})`}`,
    );
  else
    console.log(
      `BROKEN  ${chain}  row ${breach.seq} ${breach.kind} (${breach.kind === 'removed' ? 'beside ' : ''}entry ${breach.id}): ${breach.what}`,
    );
}

try {
  const proofs = proveExport(
    files.length === 0 ? await download() : files.map((file) => readFileSync(file, 'utf8')).join('\n'),
    trustedKeys(),
  );
  for (const proof of proofs) print(proof);
  const broken = proofs.filter(({ breach }) => breach !== undefined).length;
  const chains = proofs.filter(({ chain }) => !isCheckpoints(chain));
  const entries = chains.reduce((sum, proof) => sum + proof.entries, 0);
  console.log(`${chains.length} chains, ${entries} entries, ${broken} broken`);
  if (broken > 0 || proofs.length === 0) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
