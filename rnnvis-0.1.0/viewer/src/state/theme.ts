/** The page's light or dark theme, kept in step with Material for MkDocs where the page is built with it. */

export type Scheme = 'light' | 'dark';

const ATTRIBUTE = 'data-md-color-scheme';
const KEY = '__palette';
const MATERIAL: Record<Scheme, string> = { light: 'default', dark: 'slate' };

interface Palette {
  index: number;
  color: Record<string, string>;
}

/** What the page shows: its body's attribute, else what the system prefers. Where a person forces colours, only those count. */
export function pageScheme(): Scheme {
  const named = document.body.getAttribute(ATTRIBUTE);
  if (named && !matchMedia('(forced-colors: active)').matches) return named === MATERIAL.dark ? 'dark' : 'light';
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function followPage(changed: (scheme: Scheme) => void): () => void {
  const update = (): void => changed(pageScheme());
  const observer = new MutationObserver(update);
  observer.observe(document.body, { attributes: true, attributeFilter: [ATTRIBUTE] });
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', update);
  return () => {
    observer.disconnect();
    system.removeEventListener('change', update);
  };
}

/** Switches the whole page, and remembers it the way Material does, so that the other pages follow. */
export function setPageScheme(scheme: Scheme): void {
  const inputs = [...document.querySelectorAll<HTMLInputElement>(`input[name="${KEY}"]`)];
  const input = inputs.find((candidate) => candidate.getAttribute(ATTRIBUTE) === MATERIAL[scheme]);
  if (input) {
    input.click();
    return;
  }
  document.body.setAttribute(ATTRIBUTE, MATERIAL[scheme]);
  const scope = (globalThis as { __md_scope?: URL }).__md_scope?.pathname;
  if (scope === undefined) return;
  try {
    const key = `${scope}.${KEY}`;
    const held = JSON.parse(localStorage.getItem(key) ?? 'null') as Palette | null;
    const palette: Palette = {
      index: scheme === 'dark' ? 1 : 0,
      color: { ...held?.color, media: '', scheme: MATERIAL[scheme] },
    };
    localStorage.setItem(key, JSON.stringify(palette));
  } catch {
    // Storage may be forbidden: the theme then lasts as long as the page.
  }
}
