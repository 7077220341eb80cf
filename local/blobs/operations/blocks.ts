import { escapeXml, type XmlElement } from '../../xml.ts';
import { type BlobAnswer, blobBefore, type Call, containerOf, mindLease, stamp } from '../call.ts';
import { BlobError, blobNotFound, invalidHeader, invalidQuery } from '../errors.ts';
import { contentLength, readXml, withBody } from '../read-body.ts';
import { checkRetention } from '../retention.ts';
import type { BlobState, Segment, StagedBlock } from '../state/schema.ts';
import { readNewBlob, replaceBlob } from './new-blob.ts';

const largestBlock = 4000 * 1024 * 1024;
const mostStaged = 100_000;
const mostBlocks = 50_000;
const longestId = 64;

const wrongKind = (): BlobError =>
  new BlobError(409, 'InvalidBlobType', 'The blob type is invalid for this operation.');

/** Put Block: it waits until a list names it. */
export async function putBlock(call: Call): Promise<BlobAnswer> {
  const { store, container, blob, request, now } = call;
  const block = readBlockId(request.query.get('blockid') ?? '');
  if (contentLength(request) === 0) throw invalidHeader('content-length', 'more than 0');
  const check = (): void => {
    containerOf(call);
    const before = store.blob(container, blob);
    mindLease(call, before, true);
    if (before !== undefined && before.kind !== 'BlockBlob') throw wrongKind();
    if (before !== undefined) checkRetention(before, call.immutableFor[container], 'overwrite', now);
    const { count, sample } = store.stagedCount(container, blob);
    if (sample !== undefined && sample.length !== block.length)
      throw new BlobError(400, 'InvalidBlobOrBlock', 'The blocks of a blob have ids of the same length.');
    if (count >= mostStaged)
      throw new BlobError(409, 'BlockCountExceedsLimit', `At most ${mostStaged} blocks of a blob wait for a list.`);
  };
  check();
  return withBody(call, largestBlock, async (received) => {
    await store.change((drop) => {
      check();
      const content = store.contents.keep(received);
      drop(store.stageBlock(container, blob, { block, length: received.length, content }, now));
    });
    const md5 = received.md5.toString('base64');
    return { status: 201, headers: { 'content-md5': md5, 'x-ms-request-server-encrypted': 'true' } };
  });
}

function readBlockId(id: string): string {
  const bytes = Buffer.from(id, 'base64');
  if (bytes.length === 0 || bytes.length > longestId || bytes.toString('base64') !== id)
    throw invalidQuery('blockid', `1 to ${longestId} bytes in base64`);
  return id;
}

/** Put Block List: the blob is what the named blocks hold, in their order. */
export async function putBlockList(call: Call): Promise<BlobAnswer> {
  const { store, container, blob, request } = call;
  const wanted = readNewBlob(call);
  blobBefore(call, 'create');
  const list = await readXml(request);
  if (list.name !== 'BlockList') throw new BlobError(400, 'InvalidXmlDocument', 'The document must be a BlockList.');
  if (list.children.length > mostBlocks)
    throw new BlobError(400, 'BlockListTooLong', `A blob has at most ${mostBlocks} blocks.`);
  const state = await store.change((drop) => {
    const before = blobBefore(call, 'create');
    if (before !== undefined && before.kind !== 'BlockBlob') throw wrongKind();
    const segments = choose(list.children, store.segments(container, blob), store.staged(container, blob));
    const last = segments.at(-1);
    const length = last === undefined ? 0 : last.start + last.length;
    const changed: BlobState = replaceBlob(call, before, { ...wanted, kind: 'BlockBlob', length });
    drop(store.replaceSegments(container, blob, segments));
    store.saveBlob(container, blob, changed);
    return changed;
  });
  return { status: 201, headers: { ...stamp(state), 'x-ms-request-server-encrypted': 'true' } };
}

/** The blocks that a list names, where it says that they are. @throws BlobError 400. */
function choose(list: readonly XmlElement[], committed: readonly Segment[], staged: readonly StagedBlock[]): Segment[] {
  const kept = new Map(committed.flatMap((one) => (one.block === null ? [] : [[one.block, one] as const])));
  const waiting = new Map(staged.map((one) => [one.block, one]));
  let start = 0;
  return list.map(({ name, text }) => {
    const id = text.trim();
    const places = { Committed: [kept], Uncommitted: [waiting], Latest: [waiting, kept] }[name];
    if (places === undefined)
      throw new BlobError(400, 'InvalidXmlDocument', `A block is Committed, Uncommitted or Latest, not ${name}.`);
    const found = places.map((place) => place.get(id)).find((one) => one !== undefined);
    if (found === undefined)
      throw new BlobError(400, 'InvalidBlockList', `The specified block list is invalid: there is no block ${id}.`);
    const segment = { start, length: found.length, content: found.content, block: id };
    start += found.length;
    return segment;
  });
}

/** Get Block List. */
export async function getBlockList(call: Call): Promise<BlobAnswer> {
  const { store, container, blob, request } = call;
  containerOf(call);
  const kind = (request.query.get('blocklisttype') ?? 'committed').toLowerCase();
  if (!['committed', 'uncommitted', 'all'].includes(kind))
    throw invalidQuery('blocklisttype', 'committed, uncommitted or all');
  const state = store.blob(container, blob);
  const waiting = store.staged(container, blob);
  if (state === undefined && waiting.length === 0) throw blobNotFound();
  if (state !== undefined && state.kind !== 'BlockBlob') throw wrongKind();
  mindLease(call, state, false);
  const xml = (blocks: readonly { readonly block: string | null; readonly length: number }[]): string =>
    blocks
      .flatMap(({ block, length }) =>
        block === null ? [] : [`<Block><Name>${escapeXml(block)}</Name><Size>${length}</Size></Block>`],
      )
      .join('');
  const committed =
    kind === 'uncommitted' ? '' : `<CommittedBlocks>${xml(store.segments(container, blob))}</CommittedBlocks>`;
  const uncommitted = kind === 'committed' ? '' : `<UncommittedBlocks>${xml(waiting)}</UncommittedBlocks>`;
  return {
    status: 200,
    headers: { ...(state && stamp(state)), 'x-ms-blob-content-length': state?.length ?? 0 },
    body: `<?xml version="1.0" encoding="utf-8"?><BlockList>${committed}${uncommitted}</BlockList>`,
  };
}
