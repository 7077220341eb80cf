import { EntityError } from './entity-error.ts';

const longest = { queue: 260, topic: 260, subscription: 50 } as const;

/**
 * The service's rules for names
 * (https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules). @throws EntityError
 */
export function checkEntityName(kind: keyof typeof longest, name: string): void {
  const allowed =
    kind === 'subscription' ? /^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/ : /^[A-Za-z0-9]([\w./-]*[A-Za-z0-9])?$/;
  if (name.length > longest[kind] || !allowed.test(name) || /\/(subscriptions|rules)(\/|$)/i.test(name))
    throw new EntityError(
      'invalid',
      `"${name}" cannot be the name of a ${kind}: at most ${longest[kind]} letters, digits, dots, hyphens and underscores, the first and last a letter or digit.`,
    );
}
