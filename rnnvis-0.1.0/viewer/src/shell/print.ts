/** Widest that an explorer inside a page is printed, in CSS px: the text width of an A4 page. */
const TEXT_WIDTH = 640;

/** How an explorer is printed: on one sheet as it is, over as many as its text needs, or inside a page. */
export type Printed = 'sheet' | 'flows' | 'inside';

/** What the panel beside a picture holds beyond its height: the sheet grows by it. */
function beside(element: HTMLElement): number {
  const panel = element.shadowRoot?.querySelector('aside');
  return panel ? Math.max(0, panel.scrollHeight - panel.clientHeight) : 0;
}

/**
 * Keeps an explorer as it is on the screen while the page is printed: what is drawn has a size in pixels, and paper has
 * another. One that fills its page gets sheets of its size; one inside a page is scaled to the width of the text.
 * Returns what ends it.
 */
export function printAsShown(element: HTMLElement, how: () => Printed): () => void {
  let undo: (() => void) | null = null;

  function before(): void {
    undo?.();
    const printed = how();
    const { offsetWidth: width } = element;
    const height = element.offsetHeight + (printed === 'sheet' ? beside(element) : 0);
    if (!width || !height) return;
    const style = element.getAttribute('style');
    const sheet = document.createElement('style');
    element.style.width = `${width}px`;
    element.style.height = printed === 'flows' ? 'auto' : `${height}px`;
    element.shadowRoot?.querySelector('.app')?.toggleAttribute('data-flows', printed === 'flows');
    if (printed === 'inside') element.style.setProperty('zoom', String(Math.min(1, TEXT_WIDTH / width)));
    else {
      sheet.textContent = `@page { size: ${width}px ${height}px; margin: 0; }`;
      document.head.append(sheet);
    }
    undo = () => {
      sheet.remove();
      element.shadowRoot?.querySelector('.app')?.removeAttribute('data-flows');
      if (style === null) element.removeAttribute('style');
      else element.setAttribute('style', style);
      undo = null;
    };
  }

  const after = (): void => undo?.();
  window.addEventListener('beforeprint', before);
  window.addEventListener('afterprint', after);
  return () => {
    after();
    window.removeEventListener('beforeprint', before);
    window.removeEventListener('afterprint', after);
  };
}
