import { ChangeFeedStartFrom, type Container, ErrorResponse, type ItemDefinition } from '@azure/cosmos';

/** The place that a function has reached in a change feed, as it lies in the lease container. */
interface LeaseDocument extends ItemDefinition {
  readonly id: string;
  readonly continuation: string;
}

/** Where a feed that nobody has read yet begins. */
export type FeedStart = 'beginning' | 'now' | Date;

/**
 * Keeps the place of one function durably. It moves on only after the function has returned, and never back: a second
 * reader of the same lease is noticed by its ETag.
 */
export class Lease {
  readonly #container: Container;
  readonly #id: string;
  #etag: string | undefined;

  constructor(container: Container, id: string) {
    this.#container = container;
    this.#id = id;
  }

  /** Where to read on. For a feed that starts now, "now" is kept first: what comes after is not missed by a crash. */
  async open(source: Container, start: FeedStart): Promise<ChangeFeedStartFrom> {
    const { resource, etag } = await this.#container.item(this.#id, this.#id).read<LeaseDocument>();
    if (resource !== undefined) {
      this.#etag = etag;
      return ChangeFeedStartFrom.Continuation(resource.continuation);
    }
    this.#etag = undefined;
    if (start === 'beginning') return ChangeFeedStartFrom.Beginning();
    if (start !== 'now') return ChangeFeedStartFrom.Time(start);
    const feed = source.items.getChangeFeedIterator({
      changeFeedStartFrom: ChangeFeedStartFrom.Now(),
      maxItemCount: 1,
    });
    const { continuationToken } = await feed.readNext();
    await this.save(continuationToken);
    return ChangeFeedStartFrom.Continuation(continuationToken);
  }

  /** @throws ErrorResponse (409, 412) when somebody else has moved it: read it again */
  async save(continuation: string): Promise<void> {
    const document: LeaseDocument = { id: this.#id, continuation };
    const written =
      this.#etag === undefined
        ? await this.#container.items.create(document)
        : await this.#container
            .item(this.#id, this.#id)
            .replace(document, { accessCondition: { type: 'IfMatch', condition: this.#etag } });
    this.#etag = written.etag;
  }
}

/** Whether an error says that another reader moved the lease. */
export const isLeaseLost = (error: unknown): boolean =>
  error instanceof ErrorResponse && (error.code === 409 || error.code === 412);
