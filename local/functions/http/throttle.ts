/** Holds requests to what host.json allows: so many at once, so many waiting with them. */
export class Throttle {
  readonly #concurrent: number;
  readonly #outstanding: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limits: { maxConcurrentRequests: number | undefined; maxOutstandingRequests: number | undefined }) {
    this.#concurrent = limits.maxConcurrentRequests ?? Number.POSITIVE_INFINITY;
    this.#outstanding = limits.maxOutstandingRequests ?? Number.POSITIVE_INFINITY;
  }

  /** Waits for its turn. @returns what to call at the end; undefined: too busy, answer 429 */
  async enter(): Promise<(() => void) | undefined> {
    if (this.#running + this.#waiting.length >= this.#outstanding) return undefined;
    if (this.#running >= this.#concurrent) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    return () => {
      const next = this.#waiting.shift();
      // The place goes to the next one without being given up in between.
      if (next === undefined) this.#running--;
      else next();
    };
  }
}
