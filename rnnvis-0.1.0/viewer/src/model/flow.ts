import { letters, LONGEST } from './fold';
import { measure, type FontFamily } from './text';

/** A piece of text on a line; `before` is the space that stands before it inside a line. */
export interface FlowItem {
  text: string;
  before: boolean;
  family: FontFamily;
  size: number;
  weight: number;
}

export interface Placed<Item> {
  item: Item;
  /** The item's text, or the part of it that fits on a line. */
  text: string;
  x: number;
  line: number;
  width: number;
}

/** Infinite of a text that is longer than what is drawn at once. */
function widthOf(text: string, { family, size, weight }: FlowItem): number {
  return text.length > LONGEST ? Infinity : measure(text, family, size, weight).width;
}

/** Between two letters: a space by itself is drawn as a sign that can be seen. */
function space(item: FlowItem): number {
  return widthOf('n n', item) - 2 * widthOf('n', item);
}

/** Items in lines at most `width` px wide, broken where a space stands; what is wider than a line is broken inside. */
export function flow<Item extends FlowItem>(items: readonly Item[], width: number): Placed<Item>[] {
  const placed: Placed<Item>[] = [];
  let x = 0;
  let line = 0;
  const next = (): void => {
    x = 0;
    line += 1;
  };
  for (let i = 0; i < items.length;) {
    let end = i + 1;
    while (end < items.length && !items[end]!.before) end += 1;
    const glued = items.slice(i, end);
    const whole = glued.reduce((sum, item) => sum + widthOf(item.text, item), 0);
    const gap = x > 0 && glued[0]!.before ? space(glued[0]!) : 0;
    if (x > 0 && x + gap + whole > width) next();
    else x += gap;
    for (const item of glued) {
      const fits = widthOf(item.text, item) <= width;
      for (const text of fits ? [item.text] : letters(item.text, width / item.size)) {
        const own = widthOf(text, item);
        if (x > 0 && x + own > width) next();
        placed.push({ item, text, x, line, width: own });
        x += own;
      }
    }
    i = end;
  }
  return placed;
}
