import { escapeHtml, page } from './page.ts';
import type { LocalUser } from './users.ts';

/** The page on which a demo user is chosen. @param action where the choice is posted to. */
export function loginPage(users: readonly LocalUser[], action: string): string {
  const choices = users
    .filter(({ kind }) => kind !== 'system')
    .map(
      ({ user, name, role, trust, ward }) =>
        `<button name="user" value="${escapeHtml(user)}"><strong>${escapeHtml(name)}</strong><span>${escapeHtml([role, trust, ward].filter(Boolean).join(' · '))}</span></button>`,
    )
    .join('\n');
  return page(
    'Sign in',
    `<p>This is a local identity provider: choose who you are. There are no passwords and no real people here.</p>
<form method="post" action="${escapeHtml(action)}">${choices}</form>`,
  );
}
