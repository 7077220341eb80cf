import { type BlobAnswer, blobBefore, type Call, stamp } from '../call.ts';
import { BlobError, notSupported } from '../errors.ts';
import { contentLength, withBody } from '../read-body.ts';
import { header, wordHeader } from '../request.ts';
import { readNewBlob, replaceBlob } from './new-blob.ts';

/** https://learn.microsoft.com/rest/api/storageservices/scalability-targets-for-the-blob-service */
const largestBlob = 5000 * 1024 * 1024;

/** Put Blob: a block blob with its content, or an append blob without any. */
export async function putBlob(call: Call): Promise<BlobAnswer> {
  const kind = wordHeader(call.request, 'x-ms-blob-type', ['BlockBlob', 'AppendBlob', 'PageBlob']);
  if (kind === undefined)
    throw new BlobError(
      400,
      'MissingRequiredHeader',
      'An HTTP header that is mandatory for this request is not specified: x-ms-blob-type.',
    );
  if (kind === 'PageBlob') throw notSupported('A page blob');
  // Before the body comes: what is refused anyway need not be sent.
  blobBefore(call, 'create');
  return kind === 'AppendBlob' ? createAppendBlob(call) : putBlockBlob(call);
}

async function putBlockBlob(call: Call): Promise<BlobAnswer> {
  const { store, container, blob, request } = call;
  const wanted = readNewBlob(call);
  return withBody(call, largestBlob, async (received) => {
    const md5 = received.md5.toString('base64');
    const content = {
      ...wanted.content,
      type: wanted.content.type ?? header(request, 'content-type'),
      md5: wanted.content.md5 ?? md5,
    };
    const state = await store.change((drop) => {
      const before = blobBefore(call, 'create');
      const { length } = received;
      const changed = replaceBlob(call, before, { ...wanted, content, kind: 'BlockBlob', length });
      const segment = { start: 0, length, content: length === 0 ? 0 : store.contents.keep(received), block: null };
      drop(store.replaceSegments(container, blob, length === 0 ? [] : [segment]));
      store.saveBlob(container, blob, changed);
      return changed;
    });
    return { status: 201, headers: { ...stamp(state), 'content-md5': md5, 'x-ms-request-server-encrypted': 'true' } };
  });
}

async function createAppendBlob(call: Call): Promise<BlobAnswer> {
  const { store, container, blob, request } = call;
  if (contentLength(request) > 0)
    throw new BlobError(400, 'InvalidHeaderValue', 'An append blob is created empty: Content-Length must be 0.');
  const wanted = readNewBlob(call);
  const state = await store.change((drop) => {
    const changed = replaceBlob(call, blobBefore(call, 'create'), { ...wanted, kind: 'AppendBlob', length: 0 });
    drop(store.replaceSegments(container, blob, []));
    store.saveBlob(container, blob, changed);
    return changed;
  });
  return { status: 201, headers: { ...stamp(state), 'x-ms-request-server-encrypted': 'true' } };
}
