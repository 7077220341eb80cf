/** An answer of Cosmos DB that is not a success; `code` is the text the service puts into the body. */
export class CosmosError extends Error {
  readonly status: number;
  readonly substatus: number | undefined;

  constructor(status: number, message: string, substatus?: number) {
    super(message);
    this.status = status;
    this.substatus = substatus;
  }

  /** https://learn.microsoft.com/rest/api/cosmos-db/http-status-codes-for-cosmosdb */
  get code(): string {
    return codes[this.status] ?? String(this.status);
  }
}

const codes: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  412: 'PreconditionFailed',
  413: 'RequestEntityTooLarge',
  429: 'TooManyRequests',
  501: 'NotImplemented',
};

export const badRequest = (message: string): CosmosError => new CosmosError(400, message);
export const notFound = (): CosmosError =>
  new CosmosError(404, 'Entity with the specified id does not exist in the system.');
