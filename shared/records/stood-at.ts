/** Versions that stood at `@at` (epoch milliseconds) and were superseded since; `from` is a word of the language. */
export const stoodAt = `(c.kind = 'version' AND c["from"] <= @at AND c.to > @at)`;
