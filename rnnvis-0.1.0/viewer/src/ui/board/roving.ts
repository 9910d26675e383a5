/** One tab stop for a group of targets; arrows move inside it. Gives the next index, or null for other keys. */
export function nextIndex(
  key: string,
  current: number,
  count: number,
  keys: { back: string; forth: string },
): number | null {
  if (count === 0) return null;
  switch (key) {
    case keys.back:
      return Math.max(0, current - 1);
    case keys.forth:
      return Math.min(count - 1, current + 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}

/** Whether the focus came by the keyboard. */
export function byKeyboard(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches(':focus-visible');
}
