import { byId, element } from './element.ts';
import { finishSignIn } from './sign-in.ts';

finishSignIn().catch((error: unknown) => {
  byId('main').replaceChildren(
    element('h1', {}, 'Sign-in did not finish'),
    element('p', {}, error instanceof Error ? error.message : String(error)),
    element('p', {}, element('a', { href: '/' }, 'Start again')),
  );
});
