/** What a caller may do. */
export interface Grant {
  /** Whether it holds the account's key or an identity, rather than a signature. */
  readonly unlimited: boolean;
  /** Whose token it was; undefined for a key or a signature. */
  readonly objectId?: string;
  /** @param permission a letter of a shared access signature (`r` read, `w` write, `c` create …). */
  allows(permission: string): boolean;
}

export const everything: Grant = { unlimited: true, allows: () => true };
