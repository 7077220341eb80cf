/** Why an entity cannot be made, changed or found. */
export class EntityError extends Error {
  override readonly name = 'EntityError';
  readonly code: 'not-found' | 'exists' | 'invalid';

  constructor(code: EntityError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
