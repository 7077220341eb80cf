import { escapeXml } from '../xml.ts';

/**
 * What blob storage refuses, with its status and code
 * (https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes).
 */
export class BlobError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'BlobError';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  /** The body of the answer. */
  xml(requestId: string, now: number): string {
    const message = `${this.message}\nRequestId:${requestId}\nTime:${new Date(now).toISOString()}`;
    return `<?xml version="1.0" encoding="utf-8"?><Error><Code>${this.code}</Code><Message>${escapeXml(message)}</Message></Error>`;
  }
}

export const containerNotFound = (name: string): BlobError =>
  new BlobError(404, 'ContainerNotFound', `The specified container does not exist: ${name}.`);
export const blobNotFound = (): BlobError => new BlobError(404, 'BlobNotFound', 'The specified blob does not exist.');
export const invalidHeader = (name: string, expected: string): BlobError =>
  new BlobError(400, 'InvalidHeaderValue', `The value of the header ${name} is wrong: it must be ${expected}.`);
export const invalidQuery = (name: string, expected: string): BlobError =>
  new BlobError(
    400,
    'InvalidQueryParameterValue',
    `The value of the parameter ${name} is wrong: it must be ${expected}.`,
  );
export const notSupported = (what: string): BlobError =>
  new BlobError(501, 'NotImplemented', `${what} is not supported by this local blob storage.`);
export const permissionMismatch = (): BlobError =>
  new BlobError(
    403,
    'AuthorizationPermissionMismatch',
    'This request is not authorized to perform this operation using this permission.',
  );
