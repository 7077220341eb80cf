/** What a vault refuses (https://learn.microsoft.com/azure/key-vault/general/rest-error-codes). */
export class KeyVaultError extends Error {
  readonly status: number;
  readonly code: string;
  readonly inner: string | undefined;

  /** @param inner `innererror.code`, where the service tells more. */
  constructor(status: number, code: string, message: string, inner?: string) {
    super(message);
    this.name = 'KeyVaultError';
    this.status = status;
    this.code = code;
    this.inner = inner;
  }

  get body(): object {
    const { code, message, inner } = this;
    return { error: { code, message, ...(inner !== undefined && { innererror: { code: inner } }) } };
  }
}

export const badParameter = (message: string): KeyVaultError => new KeyVaultError(400, 'BadParameter', message);
export const forbidden = (message: string, inner: string): KeyVaultError =>
  new KeyVaultError(403, 'Forbidden', message, inner);
export const notFound = (name: string): KeyVaultError =>
  new KeyVaultError(404, 'KeyNotFound', `A key with (name/id) ${name} was not found in this key vault.`);
export const notSupported = (what: string): KeyVaultError =>
  new KeyVaultError(501, 'NotSupported', `${what} is not supported by this local vault.`);
