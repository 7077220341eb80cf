import { messageFacts } from '../amqp/message-facts.ts';
import { applyRules } from '../rules/apply-rules.ts';
import type { Rule } from '../rules/rule.ts';
import { everything } from '../rules/rule.ts';
import { FilterEvaluationError } from '../rules/sql-values.ts';
import type { Enqueued, EntityContext, IncomingMessage } from './destination.ts';
import type { Queue } from './queue.ts';
import { because } from './settlement.ts';

/** A subscription: a queue of copies, and the rules that decide what is copied into it. */
export class Subscription {
  readonly queue: Queue;
  readonly #rules = new Map<string, Rule>();
  readonly #context: EntityContext;

  constructor(queue: Queue, context: EntityContext) {
    this.queue = queue;
    this.#context = context;
  }

  /** In order of their names. */
  get rules(): readonly Rule[] {
    return [...this.#rules.values()].sort((a, b) => (a.definition.name < b.definition.name ? -1 : 1));
  }

  rule(name: string): Rule | undefined {
    return this.#rules.get(name.toLowerCase());
  }

  putRule(rule: Rule): void {
    this.#rules.set(rule.definition.name.toLowerCase(), rule);
  }

  removeRule(name: string): void {
    this.#rules.delete(name.toLowerCase());
  }

  /** Stores the copies that the rules make of a message. Call inside `Stores.change`. */
  copies(message: IncomingMessage): Enqueued[] {
    const takesAll = [...this.#rules.values()].every(
      ({ definition: { filter }, act }) =>
        act === undefined && filter.kind === 'sql' && filter.expression === everything.expression,
    );
    if (takesAll) return this.#rules.size === 0 ? [] : [this.queue.enqueue(message)];
    try {
      const { now, newId } = this.#context;
      return applyRules(this.rules, message.bytes, now(), newId).map((bytes) => {
        if (bytes === message.bytes) return this.queue.enqueue(message);
        // An action may have changed the session; a topic's time to live still counts.
        const { timeToLive } = message.facts;
        const copy = { ...message, bytes, facts: { ...messageFacts(bytes), timeToLive } };
        const refusal = this.queue.refuses(copy.facts);
        if (refusal === undefined) return this.queue.enqueue(copy);
        return this.queue.enqueueDeadLetter(copy, because(refusal.condition, refusal.description));
      });
    } catch (error) {
      if (!(error instanceof FilterEvaluationError)) throw error;
      if (!this.queue.options.deadLetterFilterErrors) return [];
      return [this.queue.enqueueDeadLetter(message, because('FilterEvaluationError', error.message))];
    }
  }
}
