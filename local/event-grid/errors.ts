/** What Event Grid refuses, with the status and code of its error body. */
export class EventGridError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'EventGridError';
    this.status = status;
    this.code = code;
  }

  /** https://learn.microsoft.com/azure/event-grid/post-to-custom-topic#response */
  get body(): object {
    const { code, message } = this;
    return { error: { code, message, details: [{ code, message }] } };
  }
}

export const badRequest = (message: string): EventGridError => new EventGridError(400, 'BadRequest', message);
export const invalidSubscription = (message: string): EventGridError =>
  new EventGridError(400, 'InvalidRequest', message);
