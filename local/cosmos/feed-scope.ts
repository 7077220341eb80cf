/** Which part of a container a change feed is asked for. */
export interface FeedScope {
  readonly partition?: string | undefined;
  /** The beginning of a hierarchical key. */
  readonly prefix?: string | undefined;
  /** Only partition keys that it accepts (a range of hashes). */
  readonly accepts?: ((partition: string) => boolean) | undefined;
}
