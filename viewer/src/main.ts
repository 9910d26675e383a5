import { fetchAhead } from './data/ahead';
import type { Running } from './start';

/** What the explorer cannot do without; each names itself in the message to an old browser. */
const NEEDED: [string, () => boolean][] = [
  ['shadow roots', () => 'attachShadow' in Element.prototype],
  ['web workers', () => typeof Worker === 'function'],
  ['resize observers', () => typeof ResizeObserver === 'function'],
  ['canvas round rectangles', () => 'roundRect' in CanvasRenderingContext2D.prototype],
  ['the at() method of arrays', () => 'at' in Array.prototype],
  ['the CSS function color-mix', () => CSS.supports('color', 'color-mix(in srgb, red, blue)')],
];

const HOME = import.meta.env.DEV ? new URL('/', location.href).href : new URL(/* @vite-ignore */ '.', import.meta.url).href;
const ATTRIBUTES = ['src', 'layout', 'model', 'sentence', 'step', 'sentence2', 'step2', 'k', 'words', 'theme', 'explorer', 'home'];

/** `<rnnvis-explorer>`: the whole explorer in a shadow root. Attributes are described in the documentation. */
class ExplorerElement extends HTMLElement {
  static readonly observedAttributes = ATTRIBUTES;
  private running: Running | null = null;
  private restarting = false;

  /** The store, for tests and for scripts on the page. */
  get explorer(): Running['explorer'] | null {
    return this.running?.explorer ?? null;
  }

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    const missing = NEEDED.filter(([, works]) => !works()).map(([name]) => name);
    if (missing.length) {
      this.say(root, `This browser is too old for the explorer: it lacks ${missing.join(', ')}.`, 'Use Chrome or Edge 111, Firefox 115, Safari 16.4, or a later version of them.');
      return;
    }
    for (const kind of ['keydown', 'keypress', 'keyup']) this.addEventListener(kind, stop);
    this.say(root, 'Loading the explorer');
    void this.start(root);
  }

  disconnectedCallback(): void {
    this.running?.stop();
    this.running = null;
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.running || before === after) return;
    if (name === 'theme') {
      this.running.setTheme(after);
      return;
    }
    if (this.restarting) return;
    this.restarting = true;
    queueMicrotask(() => {
      this.restarting = false;
      if (!this.running || !this.shadowRoot) return;
      this.disconnectedCallback();
      void this.start(this.shadowRoot);
    });
  }

  private async start(root: ShadowRoot): Promise<void> {
    try {
      const src = new URL(this.getAttribute('src') ?? new URL('../data/manifest.json', HOME).href, document.baseURI).href;
      const usual = !this.hasAttribute('model') && !(this.getAttribute('layout') !== 'hero' && location.hash.length > 1);
      const fetcher = fetchAhead(src, usual);
      const { start } = await import('./start');
      if (!this.isConnected || this.running) return;
      root.replaceChildren();
      this.running = start(this, root, { home: HOME, src, fetcher });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.say(root, `The explorer could not start: ${reason}`, 'Reload the page; if it stays, a file of the explorer is missing on the server.');
    }
  }

  private say(root: ShadowRoot, what: string, fix = ''): void {
    const box = document.createElement('div');
    box.setAttribute('role', fix ? 'alert' : 'status');
    box.style.cssText = 'font: 15px/1.5 system-ui, sans-serif; padding: 24px; max-width: 620px';
    for (const [tag, text] of [
      ['strong', what],
      ['p', fix],
    ] as const) {
      const line = document.createElement(tag);
      line.textContent = text;
      box.append(line);
    }
    root.replaceChildren(box);
  }
}

/** Pages have shortcuts of their own; what is typed here is not for them. */
function stop(event: Event): void {
  event.stopPropagation();
}

if (!customElements.get('rnnvis-explorer')) customElements.define('rnnvis-explorer', ExplorerElement);
