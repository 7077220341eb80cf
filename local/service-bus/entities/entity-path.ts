/** The key of the entity that an address names: addresses may be URIs or begin with a slash, and case is ignored. */
export const entityPath = (address: string): string =>
  address
    .replace(/^(sb|amqps?|https?|wss?):\/\/[^/]*\/?/i, '')
    .replace(/^\//, '')
    .toLowerCase();

export const deadLetterPath = (path: string): string => `${path}/$deadletterqueue`;
/** Where messages go that could not be forwarded. */
export const transferDeadLetterPath = (path: string): string => `${path}/$transfer/$deadletterqueue`;
export const subscriptionPath = (topic: string, name: string): string =>
  `${topic.toLowerCase()}/subscriptions/${name.toLowerCase()}`;
