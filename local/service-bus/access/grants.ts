/** What the tokens of a connection allow: paths, each until a time. */
export class Grants {
  readonly #until = new Map<string, number>();

  /** @param path an entity and all below it; empty: the whole namespace. @param until milliseconds since 1970 */
  allow(path: string, until: number): void {
    this.#until.set(path, until);
  }

  allows(path: string, now: number): boolean {
    for (const [granted, until] of this.#until)
      if (until > now && (granted === '' || path === granted || path.startsWith(`${granted}/`))) return true;
    return false;
  }
}
