import { printAsShown, type Printed } from './print';
import type { Running } from './start';

/** Where an explorer finds its code and its data. */
export interface Surroundings {
  /** Folder of the explorer's own files; null where the page is all there is. */
  home: string | null;
  /** Address of the manifest for this element. */
  src: (element: HTMLElement) => string;
  /** What the data are fetched with; `usual` says that the explorer opens with the first view. */
  fetcher: (src: string, usual: boolean) => typeof fetch;
}

/** What the explorer cannot do without; each names itself in the message to an old browser. */
const NEEDED: [string, () => boolean][] = [
  ['shadow roots', () => 'attachShadow' in Element.prototype],
  ['resize observers', () => typeof ResizeObserver === 'function'],
  ['canvas round rectangles', () => 'roundRect' in CanvasRenderingContext2D.prototype],
  ['the at() method of arrays', () => 'at' in Array.prototype],
  ['the CSS function color-mix', () => CSS.supports('color', 'color-mix(in srgb, red, blue)')],
];

/** Attributes that choose a view: the running explorer follows them. */
const CHOICES = ['model', 'sentence', 'step', 'sentence2', 'step2', 'k', 'words'];
const ATTRIBUTES = [
  'src',
  'layout',
  'model',
  'sentence',
  'step',
  'sentence2',
  'step2',
  'k',
  'words',
  'theme',
  'explorer',
  'home',
];

/** Defines `<rnnvis-explorer>`, once a page. */
export function define(surroundings: Surroundings): void {
  ExplorerElement.surroundings = surroundings;
  if (!customElements.get('rnnvis-explorer')) customElements.define('rnnvis-explorer', ExplorerElement);
}

/** `<rnnvis-explorer>`: the whole explorer in a shadow root. Attributes are described in the documentation. */
class ExplorerElement extends HTMLElement {
  static readonly observedAttributes = ATTRIBUTES;
  static surroundings: Surroundings;
  private running: Running | null = null;
  /** Whether attributes have changed that are not followed yet, and whether they ask for another start. */
  private changing = false;
  private endPrinting: (() => void) | null = null;
  private anew = false;

  /** The store, for tests and for scripts on the page. */
  get explorer(): Running['explorer'] | null {
    return this.running?.explorer ?? null;
  }

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    const missing = NEEDED.filter(([, works]) => !works()).map(([name]) => name);
    if (missing.length) {
      this.say(
        root,
        `This browser is too old for the explorer: it lacks ${missing.join(', ')}.`,
        'Use Chrome or Edge 111, Firefox 115, Safari 16.4, or a later version of them.',
      );
      return;
    }
    for (const kind of ['keydown', 'keypress', 'keyup']) this.addEventListener(kind, stop);
    this.say(root, 'Loading the explorer');
    this.endPrinting = printAsShown(this, () => this.printed);
    void this.start(root);
  }

  disconnectedCallback(): void {
    this.endPrinting?.();
    this.endPrinting = null;
    this.halt();
  }

  private halt(): void {
    this.running?.stop();
    this.running = null;
  }

  /** Pages of text and of rows flow over sheets; pictures have theirs. */
  private get printed(): Printed {
    const explorer = this.explorer;
    if (explorer?.layout !== 'page') return 'inside';
    return ['find', 'sql', 'unit', 'units'].includes(explorer.view.page) ? 'flows' : 'sheet';
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.running || before === after) return;
    if (name === 'theme') {
      this.running.setTheme(after);
      return;
    }
    this.anew ||= !CHOICES.includes(name);
    if (this.changing) return;
    this.changing = true;
    queueMicrotask(() => {
      const { anew } = this;
      this.changing = this.anew = false;
      if (!this.running || !this.shadowRoot || (!anew && this.running.follow())) return;
      this.halt();
      void this.start(this.shadowRoot);
    });
  }

  private async start(root: ShadowRoot): Promise<void> {
    try {
      const { home, src: named, fetcher: fetchWith } = ExplorerElement.surroundings;
      const src = named(this);
      const usual =
        !this.hasAttribute('model') && !(this.getAttribute('layout') !== 'hero' && location.hash.length > 1);
      const fetcher = fetchWith(src, usual);
      const { start } = await import('./start');
      if (!this.isConnected || this.running) return;
      root.replaceChildren();
      this.running = start(this, root, { home, src, fetcher });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.say(
        root,
        `The explorer could not start: ${reason}`,
        'Reload the page; if it stays, a file of the explorer is missing on the server.',
      );
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
