/** An answer of Cosmos DB that is not a success; `code` is the text the service puts into the body. */
export class CosmosError extends Error {
  readonly status: number;
  readonly substatus: number | undefined;
  /** Milliseconds after which a client may try again (429). */
  readonly retryAfter: number | undefined;

  constructor(status: number, message: string, substatus?: number, retryAfter?: number) {
    super(message);
    this.status = status;
    this.substatus = substatus;
    this.retryAfter = retryAfter;
  }

  /** https://learn.microsoft.com/rest/api/cosmos-db/http-status-codes-for-cosmosdb */
  get code(): string {
    return codes[this.status] ?? String(this.status);
  }
}

const codes: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  408: 'RequestTimeout',
  409: 'Conflict',
  412: 'PreconditionFailed',
  413: 'RequestEntityTooLarge',
  429: 'TooManyRequests',
  500: 'InternalServerError',
  501: 'NotImplemented',
};

export const badRequest = (message: string): CosmosError => new CosmosError(400, message);
export const notFound = (): CosmosError =>
  new CosmosError(404, 'Entity with the specified id does not exist in the system.');
export const tooLarge = (): CosmosError => new CosmosError(413, 'Request size is too large');
/** What no server of this kind does; never answered with something that looks right. */
export const unsupported = (what: string): CosmosError =>
  new CosmosError(501, `${what} is not supported by this server.`);
/** Sub-status 1001: key and document, or key and container, do not belong together. */
export const keyMismatch = (): CosmosError =>
  new CosmosError(
    400,
    "Partition key provided either doesn't correspond to definition in the collection or doesn't match partition key field values specified in the document.",
    1001,
  );
