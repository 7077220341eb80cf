import type { StoredMessage } from '../store/message-store.ts';

const atOnce = 500;
const atMost = 2000;

/**
 * The next messages of a queue or session, in order. Only a window of them is in memory, however many wait: the rest
 * is read from the store when the window runs empty. What is taken out has a number up to `#readTo`, so it is never
 * read a second time.
 */
export class ReadyWindow {
  readonly #read: (after: number, limit: number) => readonly StoredMessage[];
  readonly #busy: ReadonlySet<number>;
  #items: StoredMessage[] = [];
  #first = 0;
  #readTo = 0;
  /** Nothing waits on disk that is not in the window. */
  #complete = false;

  /** @param busy ids of messages in somebody's hands: a window that is read anew leaves them out */
  constructor(read: (after: number, limit: number) => readonly StoredMessage[], busy: ReadonlySet<number>) {
    this.#read = read;
    this.#busy = busy;
  }

  /** Takes the next message; undefined when none waits. */
  shift(): StoredMessage | undefined {
    if (this.#first === this.#items.length && !this.#complete) this.#refill();
    const message = this.#items[this.#first];
    if (message === undefined) return undefined;
    this.#first++;
    if (this.#first === this.#items.length || this.#first > atOnce) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return message;
  }

  #refill(): void {
    const found = this.#read(this.#readTo, atOnce);
    this.#items = found.filter(({ id }) => !this.#busy.has(id));
    this.#first = 0;
    this.#readTo = found.at(-1)?.sequence ?? this.#readTo;
    this.#complete = found.length < atOnce;
    if (this.#items.length === 0 && !this.#complete) this.#refill();
  }

  /** A new message: it goes to the end, or stays on disk when more wait there. */
  append(message: StoredMessage): void {
    if (message.sequence <= this.#readTo) return;
    if (this.#complete && this.#items.length - this.#first < atMost) {
      this.#items.push(message);
      this.#readTo = message.sequence;
    } else this.#complete = false;
  }

  /** A message that was taken comes back to its place. */
  giveBack(message: StoredMessage): void {
    if (message.sequence <= this.#readTo) this.#items.splice(this.#placeOf(message.sequence), 0, message);
  }

  /** A message that is gone. */
  drop({ id, sequence }: StoredMessage): void {
    const place = this.#placeOf(sequence);
    if (this.#items[place]?.id === id) this.#items.splice(place, 1);
  }

  /** Place of the first message with this number or a higher one. */
  #placeOf(sequence: number): number {
    let low = this.#first;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#items[middle]?.sequence ?? 0) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
