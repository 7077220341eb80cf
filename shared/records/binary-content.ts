import type { Blobs } from '../azure/blobs.ts';
import type { Clock, Ids, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { sealBytes, unsealBytes } from '../keys/index.ts';
import { blobContainers } from '../topology.ts';
import type { BinaryContent } from './documents.ts';
import type { Target } from './place.ts';
import type { Change } from './records.ts';

/** Bytes of the content of one Binary. */
export const largestContent = 10 * 1024 * 1024;

/** Contents that a commit has written already, by the change that brought them: a second attempt writes none again. */
export type KeptContents = Map<Change, BinaryContent>;

export interface ContentDependencies {
  readonly blobs: Pick<Blobs, 'put'>;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'ulid'>;
}

/**
 * Writes the contents of Binaries, each durable before the record refers to it. What no commit refers to in the end is
 * found by its name, which begins with the day: see {@link sweepContents}.
 * @throws WardlineError `too-large`, `business-rule`
 */
export async function keepContents(
  { blobs, clock, ids }: ContentDependencies,
  trust: Ods,
  targets: readonly Target[],
  kept: KeptContents,
): Promise<void> {
  for (const { change, ref } of targets) {
    if (ref.type !== 'Binary' || change.kind === 'delete' || kept.has(change)) continue;
    const { data } = change.resource;
    if (typeof data !== 'string') {
      if (change.kind === 'create') continue;
      throw new WardlineError('business-rule', 'Send a Binary whole, with its content: it is not read to be kept.', {
        expression: 'Binary.data',
      });
    }
    const plain = Buffer.from(data, 'base64');
    if (plain.length > largestContent)
      throw new WardlineError('too-large', `The content of a Binary may have at most ${largestContent} bytes.`, {
        expression: 'Binary.data',
      });
    const blob = `${dayOf(clock.now())}/${trust}/${ref.id}/${ids.ulid()}`;
    const { key, sealed } = sealBytes(plain, blob);
    await blobs.put(blobContainers.binaries, blob, sealed);
    kept.set(change, { blob, key, size: plain.length });
  }
}

/** The content in clear. @throws WardlineError `internal` when what lies there is not what was written */
export async function readContent(
  { blobs }: { readonly blobs: Pick<Blobs, 'getBytes'> },
  { blob, key }: BinaryContent,
): Promise<Uint8Array> {
  const sealed = await blobs.getBytes(blobContainers.binaries, blob).catch((cause: unknown) => {
    if (!(cause instanceof WardlineError)) throw cause;
    // The record says that it is there: that it is not is no answer to whoever asks.
    throw new WardlineError('internal', 'The content of a Binary is not where the record says.', { cause });
  });
  return unsealBytes(key, sealed, blob);
}

export const dayOf = (moment: Date): string => moment.toISOString().slice(0, 10);
