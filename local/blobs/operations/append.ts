import { type BlobAnswer, blobToChange, type Call, stamp } from '../call.ts';
import { BlobError, invalidHeader } from '../errors.ts';
import { contentLength, withBody } from '../read-body.ts';
import { numberHeader } from '../request.ts';
import type { BlobState } from '../state/schema.ts';

const largestBlock = 100 * 1024 * 1024;
const mostBlocks = 50_000;

/** Append Block: the bytes go to the end, atomically. */
export async function appendBlock(call: Call): Promise<BlobAnswer> {
  const { store, container, blob, request, now } = call;
  if (contentLength(request) === 0) throw invalidHeader('content-length', 'more than 0');
  const check = (added: number): BlobState => {
    const state = appendBlobToChange(call);
    if (state.appended >= mostBlocks)
      throw new BlobError(409, 'BlockCountExceedsLimit', `An append blob has at most ${mostBlocks} blocks.`);
    const most = numberHeader(request, 'x-ms-blob-condition-maxsize', 0, Number.MAX_SAFE_INTEGER);
    if (most !== undefined && state.length + added > most)
      throw new BlobError(412, 'MaxBlobSizeConditionNotMet', 'The max blob size condition specified was not met.');
    return state;
  };
  check(contentLength(request));
  return withBody(call, largestBlock, (received) =>
    store.change(() => {
      const state = check(received.length);
      const content = store.contents.keep(received);
      store.addSegment(container, blob, { start: state.length, length: received.length, content, block: null });
      const changed = {
        ...state,
        content: { ...state.content, md5: undefined },
        length: state.length + received.length,
        appended: state.appended + 1,
        etag: call.newETag(),
        modified: now,
      };
      store.saveBlob(container, blob, changed);
      return {
        status: 201,
        headers: {
          ...stamp(changed),
          'content-md5': received.md5.toString('base64'),
          'x-ms-blob-append-offset': state.length,
          'x-ms-blob-committed-block-count': changed.appended,
          'x-ms-request-server-encrypted': 'true',
        },
      };
    }),
  );
}

/** Seal: it can be read from here on, and not appended to. */
export async function sealBlob(call: Call): Promise<BlobAnswer> {
  return call.store.change(() => {
    const state = blobToChange(call, 'overwrite');
    checkAppend(call, state, { alsoSealed: true });
    const changed = { ...state, sealed: true, etag: call.newETag(), modified: call.now };
    call.store.saveBlob(call.container, call.blob, changed);
    return { status: 200, headers: { ...stamp(changed), 'x-ms-blob-sealed': 'true' } };
  });
}

function appendBlobToChange(call: Call): BlobState {
  const state = blobToChange(call, 'overwrite');
  checkAppend(call, state, { alsoSealed: false });
  return state;
}

function checkAppend({ request }: Call, state: BlobState, { alsoSealed }: { readonly alsoSealed: boolean }): void {
  if (state.kind !== 'AppendBlob')
    throw new BlobError(409, 'InvalidBlobType', 'The blob type is invalid for this operation.');
  if (state.sealed === true && !alsoSealed)
    throw new BlobError(409, 'BlobIsSealed', 'The specified blob is sealed and its contents cannot be modified.');
  const position = numberHeader(request, 'x-ms-blob-condition-appendpos', 0, Number.MAX_SAFE_INTEGER);
  if (position !== undefined && position !== state.length)
    throw new BlobError(412, 'AppendPositionConditionNotMet', 'The append position condition specified was not met.');
}
