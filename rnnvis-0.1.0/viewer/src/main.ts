import { fetchAhead } from './data/ahead';
import { define } from './shell/element';

const HOME = import.meta.env.DEV
  ? new URL('/', location.href).href
  : new URL(/* @vite-ignore */ '.', import.meta.url).href;

define({
  home: HOME,
  src: (element) =>
    new URL(element.getAttribute('src') ?? new URL('../data/manifest.json', HOME).href, document.baseURI).href,
  fetcher: fetchAhead,
});
