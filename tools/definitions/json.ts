/** A resource of the published definitions, as it was read. */
export type Json = Record<string, unknown>;
