import { mount, unmount } from 'svelte';
import App from './App.svelte';
import { measureWith } from '../model/text';
import { canvasMeasurer } from '../paint/measurer';
import { NO_ADDRESS, pageAddress } from '../state/address';
import { Explorer, type Options } from '../state/explorer.svelte';
import { followPage, pageScheme } from '../state/theme';

export interface Running {
  explorer: Explorer;
  setTheme(attribute: string | null): void;
  /** Shows what the element's attributes say now. False where that needs another start. */
  follow(): boolean;
  stop(): void;
}

/** Puts the app into the element's shadow root, and ties it to the page: size, theme, fonts, address. */
export function start(
  element: HTMLElement,
  root: ShadowRoot,
  given: Pick<Options, 'home' | 'src' | 'fetcher'>,
): Running {
  measureWith(canvasMeasurer);
  const explorer = new Explorer({ ...options(element, given.home), ...given });
  const setTheme = (attribute: string | null): void => {
    explorer.theme = attribute === 'light' || attribute === 'dark' ? attribute : pageScheme();
  };
  setTheme(element.getAttribute('theme'));
  const stopFollowing = followPage(() => setTheme(element.getAttribute('theme')));
  const sizes = new ResizeObserver(([entry]) => {
    const width = Math.round(entry?.contentRect.width ?? 0);
    if (width > 0) explorer.width = width;
  });
  sizes.observe(element);
  // The observer tells the size only after the first paint.
  const { width } = element.getBoundingClientRect();
  if (width > 0) explorer.width = Math.round(width);
  const app = mount(App, { target: root, props: { explorer } });
  void explorer.start();
  void loadFonts().then(() => (explorer.fonts += 1));
  return {
    explorer,
    setTheme,
    follow() {
      if (!explorer.source) return false;
      explorer.follow(options(element, given.home).view);
      return true;
    },
    stop() {
      stopFollowing();
      sizes.disconnect();
      explorer.stop();
      void unmount(app);
    },
  };
}

function options(element: HTMLElement, home: string | null): Omit<Options, 'home' | 'src'> {
  const text = (name: string): string | null => element.getAttribute(name);
  const whole = (name: string): number | undefined =>
    /^\d{1,6}$/.test(text(name) ?? '') ? Number(text(name)) : undefined;
  const layout = text('layout') === 'hero' ? 'hero' : 'page';
  const view: NonNullable<Options['view']> = {};
  const model = text('model');
  if (model) view.model = model;
  const sentence = text('sentence');
  if (sentence) view.sentence = sentence;
  const step = whole('step');
  if (step !== undefined) view.step = step;
  const sentence2 = text('sentence2');
  if (sentence2) view.sentence2 = sentence2;
  const step2 = whole('step2');
  if (step2 !== undefined) view.step2 = step2;
  const k = whole('k');
  if (k !== undefined) view.k = k;
  const words = text('words');
  if (words !== null)
    view.words = words
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean);
  return {
    layout,
    page: fullPage(text('explorer'), text('src'), home),
    site: text('home') === null ? null : new URL(text('home')!, document.baseURI).href,
    address: layout === 'page' && location.protocol !== 'about:' ? pageAddress() : NO_ADDRESS,
    view,
  };
}

/** The page named by the element; else the one around the explorer's own files, where it shows the same data. */
function fullPage(named: string | null, src: string | null, home: string | null): string | null {
  if (named !== null) return new URL(named, document.baseURI).href.replace(/#.*$/, '');
  return src !== null || home === null ? null : new URL('../', home).href;
}

/** Canvas text does not wait for fonts: ask for those that the picture uses, then paint again. */
async function loadFonts(): Promise<void> {
  const wanted = ['"Inter Variable"', '"Source Serif 4 Variable"'].flatMap((family) => [
    `400 16px ${family}`,
    `600 16px ${family}`,
  ]);
  await Promise.allSettled(wanted.map((font) => document.fonts.load(font)));
}
