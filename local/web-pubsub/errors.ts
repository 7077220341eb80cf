/** What Web PubSub's REST interface refuses: status, and code and message of its `ErrorDetail`. */
export class WebPubSubError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'WebPubSubError';
    this.status = status;
    this.code = code;
  }

  get body(): object {
    return { code: this.code, message: this.message };
  }
}

export const badRequest = (message: string): WebPubSubError => new WebPubSubError(400, 'InvalidRequest', message);
