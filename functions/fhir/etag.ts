import { WardlineError } from '../../shared/errors.ts';

/** `W/"3"` names version 3. @throws WardlineError `invalid-parameter` */
export function versionIn(etag: string): string {
  const version = /^(?:W\/)?"([^"]+)"$/.exec(etag)?.[1];
  if (version === undefined)
    throw new WardlineError('invalid-parameter', 'If-Match takes a version such as W/"3".', { expression: 'If-Match' });
  return version;
}

/** The version that a change is bound to by the header If-Match. */
export const boundVersion = (headers: Headers): { readonly ifMatch?: string } => {
  const etag = headers.get('if-match');
  return etag === null ? {} : { ifMatch: versionIn(etag) };
};
