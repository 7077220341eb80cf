import type { Blobs } from '../azure/blobs.ts';
import type { Documents, Stored } from '../azure/documents.ts';
import type { Signer } from '../azure/vault.ts';
import type { Ods } from '../context.ts';
import { auditKeyName, blobContainers } from '../topology.ts';
import { genesis } from './chain.ts';
import { hashOf, type SealedChain, type Statement, sealedText, signedText } from './checkpoint.ts';
import type { HeadDocument } from './documents.ts';
import { chainsOf } from './read-chain.ts';

/** The last checkpoint of a trust. It lies beside the chains, in a partition of its own. */
interface LastCheckpoint {
  readonly id: 'last';
  readonly partition: string;
  readonly kind: 'checkpoint';
  readonly number: number;
  readonly hash: string;
}

interface Sources {
  readonly audit: Documents;
  readonly blobs: Pick<Blobs, 'get' | 'putOnce'>;
  readonly signer: Signer;
}

const partitionOf = (trust: Ods): string => `${trust}|checkpoints`;
const nameOf = (trust: Ods, number: number): string => `${trust}/${String(number).padStart(9, '0')}.json`;

/**
 * Signs where the chains of this month and of the month before stand, and seals that in storage that nobody can write
 * twice. Killed half-way, the next call takes over what was sealed: a number has one checkpoint.
 * @returns its number
 */
export async function sealCheckpoint({ audit, blobs, signer }: Sources, trust: Ods, now: Date): Promise<number> {
  const last = await lastOf(audit, trust);
  const statement: Statement = {
    checkpoint: (last?.document.number ?? 0) + 1,
    trust,
    at: now.toISOString(),
    previous: last?.document.hash ?? genesis,
    chains: await standing(audit, trust, now),
  };
  const { key, sign } = await signer.signer(auditKeyName);
  const unsigned = { ...statement, key };
  const signature = await sign(Buffer.from(signedText({ ...unsigned, signature: '' })));
  const sealed = await blobs.putOnce(
    blobContainers.auditCheckpoints,
    nameOf(trust, statement.checkpoint),
    sealedText({ ...unsigned, signature: Buffer.from(signature).toString('base64url') }),
  );
  const document: LastCheckpoint = {
    id: 'last',
    partition: partitionOf(trust),
    kind: 'checkpoint',
    number: statement.checkpoint,
    hash: hashOf(sealed),
  };
  const outcome = await audit.batch(document.partition, [
    last === undefined ? { op: 'create', document } : { op: 'replace', id: 'last', document, ifMatch: last.etag },
  ]);
  // 409, 412: somebody else noted it at the same time; what is sealed is the same for both.
  if (!outcome.ok && outcome.status !== 409 && outcome.status !== 412)
    throw new Error(`The audit container refused a checkpoint (${outcome.status}).`);
  return statement.checkpoint;
}

/**
 * Sealed checkpoints of a trust as their lines, oldest first.
 * @param after number of the one before the first. @param limit how many at most
 */
export async function readCheckpoints(
  { audit, blobs }: Omit<Sources, 'signer'>,
  trust: Ods,
  after: number,
  limit: number,
): Promise<string[]> {
  const last = (await lastOf(audit, trust))?.document.number ?? 0;
  const count = Math.min(limit, Math.max(0, last - after));
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      blobs.get(blobContainers.auditCheckpoints, nameOf(trust, after + index + 1)),
    ),
  );
}

async function lastOf(audit: Documents, trust: Ods): Promise<Stored<LastCheckpoint> | undefined> {
  const [last] = await audit.readTogether<LastCheckpoint>(partitionOf(trust), ['last']);
  return last;
}

/** Entries of the last minutes of a month may come in the next one, so both are looked at. */
async function standing(audit: Documents, trust: Ods, now: Date): Promise<SealedChain[]> {
  const months = [-1, 0].map((ago) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ago)).toISOString().slice(0, 7),
  );
  const heads = await Promise.all(
    months
      .flatMap((month) => chainsOf(trust, month))
      .map(async (chain) => (await audit.readTogether<HeadDocument>(chain, ['head']))[0]?.document),
  );
  return heads
    .filter((head) => head !== undefined)
    .map(({ partition, begin, seq, hash }) => ({ chain: partition, begin, seq, hash }));
}
