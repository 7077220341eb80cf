/** What the management API refuses. `status` is the HTTP status that Azure's extension answers. */
export class DurableError extends Error {
  readonly status: 400 | 404 | 409 | 410 | 412;
  constructor(status: DurableError['status'], message: string) {
    super(message);
    this.name = 'DurableError';
    this.status = status;
  }
}
