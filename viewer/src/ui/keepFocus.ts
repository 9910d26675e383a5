const FOCUSABLE = 'button, input, select, textarea, summary, a[href], [tabindex="0"]';

/** Of controls that come and go: where the focused one is taken away, the focus goes to the one before it, not to the page. */
export function keepFocus(within: HTMLElement): () => void {
  let order: HTMLElement[] = [];
  let last: HTMLElement | null = null;
  const focused = (event: FocusEvent): void => {
    last = event.target as HTMLElement;
    order = [...within.querySelectorAll<HTMLElement>(FOCUSABLE)];
  };
  const left = (event: FocusEvent): void => {
    if (event.relatedTarget && (event.target as HTMLElement).isConnected) last = null;
  };
  const observer = new MutationObserver(() => {
    if (!last || last.isConnected) return;
    const { activeElement } = document;
    const before = order.slice(0, order.indexOf(last)).filter((one) => one.isConnected && !one.matches(':disabled'));
    last = null;
    if (!activeElement || activeElement === document.body) before.at(-1)?.focus({ preventScroll: true });
  });
  within.addEventListener('focusin', focused);
  within.addEventListener('focusout', left);
  observer.observe(within, { childList: true, subtree: true });
  return () => {
    observer.disconnect();
    within.removeEventListener('focusin', focused);
    within.removeEventListener('focusout', left);
  };
}
