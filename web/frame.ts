import { byId } from './element.ts';
import { currentSession, signOut } from './sign-in.ts';

/** Fills the top bar: who is signed in, and the way out. */
export function showUser(): void {
  const session = currentSession();
  byId('user').textContent = session?.name ?? '';
  const button = byId('sign-out');
  button.hidden = session === undefined;
  button.addEventListener('click', signOut);
}
