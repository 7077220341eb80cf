import { byId, element } from './element.ts';
import { showUser } from './frame.ts';
import { currentSession, signIn } from './sign-in.ts';

const start = element('button', { type: 'button', class: 'primary' }, 'Sign in');
start.addEventListener('click', () => void signIn());
const ward = element('input', {
  id: 'ward',
  name: 'ward',
  autocomplete: 'off',
  autocapitalize: 'characters',
  class: 'number',
});
const open = element(
  'form',
  {},
  element('label', { for: 'ward' }, 'Ward'),
  ward,
  element('button', { type: 'submit', class: 'primary' }, 'Open the board'),
);
open.addEventListener('submit', (event) => {
  event.preventDefault();
  const name = ward.value.trim().toUpperCase();
  if (name !== '') location.assign(`/wards/${encodeURIComponent(name)}`);
});
byId('main').replaceChildren(
  element('h1', {}, 'Wardline'),
  element('p', {}, 'Ward boards and forms of your trust. You see the wards of the teams that your trust approved.'),
  currentSession() === undefined ? start : open,
  element('p', {}, element('a', { href: '/explorer' }, 'Try the API')),
);
showUser();
