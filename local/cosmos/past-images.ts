import type { Item } from './item.ts';

/** What an item was before its last change; undefined: it did not exist. Kept while a lagging replica may show it. */
export interface PastImage {
  readonly before: Item | undefined;
  readonly partition: string;
  readonly id: string;
  readonly changedAt: number;
  /** The lsn that the change brought. */
  readonly lsn: number;
}

/** The images of a container's latest changes, by the container's number. */
export class PastImages {
  readonly #images = new Map<number, PastImage[]>();
  readonly #keepFor: number;

  /** @param keepFor milliseconds; 0: nothing is kept. */
  constructor(keepFor: number) {
    this.#keepFor = keepFor;
  }

  keep(container: number, image: PastImage): void {
    if (this.#keepFor === 0) return;
    const images = this.#images.get(container) ?? [];
    const firstYoung = images.findIndex(({ changedAt }) => changedAt > image.changedAt - this.#keepFor);
    images.splice(0, firstYoung < 0 ? images.length : firstYoung);
    images.push(image);
    this.#images.set(container, images);
  }

  /** Images of what changed since a moment, newest last. */
  since(container: number, moment: number): PastImage[] {
    return (this.#images.get(container) ?? []).filter(({ changedAt }) => changedAt > moment);
  }

  forget(container: number): void {
    this.#images.delete(container);
  }
}
