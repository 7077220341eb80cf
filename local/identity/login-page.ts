import type { LocalUser } from './users.ts';

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The page on which a demo user is chosen. @param action where the choice is posted to. */
export function loginPage(users: readonly LocalUser[], action: string): string {
  const choices = users
    .filter(({ kind }) => kind !== 'system')
    .map(
      ({ user, name, role, trust, ward }) =>
        `<button name="user" value="${escapeHtml(user)}"><strong>${escapeHtml(name)}</strong><span>${escapeHtml([role, trust, ward].filter(Boolean).join(' · '))}</span></button>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Sign in</title>
<style>
body { font: 18px/1.4 Arial, sans-serif; margin: 0; background: #f0f4f5; color: #212b32; }
main { max-width: 560px; margin: 40px auto; padding: 0 16px; }
button { display: flex; justify-content: space-between; gap: 16px; width: 100%; min-height: 48px; margin: 8px 0; padding: 10px 16px; font: inherit; text-align: left; color: #212b32; background: #fff; border: 1px solid #768692; border-radius: 4px; cursor: pointer; }
button:focus-visible { outline: 3px solid #212b32; background: #ffeb3b; }
span { color: #4c6272; }
</style></head>
<body><main><h1>Sign in</h1><p>This is a local identity provider: choose who you are. There are no passwords and no real people here.</p>
<form method="post" action="${escapeHtml(action)}">${choices}</form></main></body></html>`;
}
