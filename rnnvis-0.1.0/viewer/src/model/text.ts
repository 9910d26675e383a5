/** Fonts and their measures. Names are quoted: an unquoted name with a digit makes a canvas measure another font. */

import { visible } from '../data/visible';

export type FontFamily = 'interface' | 'corpus';

/** Interface text is sans, everything that comes from the corpus is serif: a glance tells data from controls. */
export const FAMILIES: Record<FontFamily, string> = {
  interface: '"Inter Variable", "Inter", system-ui, sans-serif',
  corpus: '"Source Serif 4 Variable", "Source Serif 4", Georgia, serif',
};

export function font(family: FontFamily, size: number, weight = 400): string {
  return `${weight} ${size}px ${FAMILIES[family]}`;
}

export interface TextBox {
  width: number;
  /** Height above the baseline and depth below it, of the letters themselves. */
  ascent: number;
  descent: number;
}

/** The box of a text at `UNIT` pixels. */
export type Measurer = (content: string, family: FontFamily, weight: number) => TextBox;

/** Size at which text is measured; widths scale with the size, so one measure serves all. */
export const UNIT = 64;

const NARROW = /[fijlrtI1.,:;'’!|()[\]]/;
const WIDE = /[mwMWQOGD@%—]/;

/** A rough measure for places without a canvas. */
function estimate(content: string, _family: FontFamily, weight: number): TextBox {
  let width = 0;
  for (const letter of content) width += NARROW.test(letter) ? 0.3 : WIDE.test(letter) ? 0.82 : 0.53;
  return { width: width * UNIT * (1 + (weight - 400) / 5000), ascent: 0.72 * UNIT, descent: 0.22 * UNIT };
}

let makeMeasurer: () => Measurer | null = () => null;

/** Measure with what `make` gives; without it widths are rough. */
export function measureWith(make: () => Measurer | null): void {
  makeMeasurer = make;
  forgetMeasures();
}

let measurer: Measurer | null = null;
const boxes = new Map<string, TextBox>();

/** Forget all measures: call it when web fonts have arrived. */
export function forgetMeasures(): void {
  boxes.clear();
  measurer = null;
}

/** The box of a text in CSS pixels, measured with the very font it is drawn in. */
export function measure(text: string, family: FontFamily, size: number, weight = 400): TextBox {
  const content = visible(text);
  const key = `${family} ${weight} ${content}`;
  let box = boxes.get(key);
  if (!box) {
    measurer ??= makeMeasurer() ?? estimate;
    box = measurer(content, family, weight);
    if (boxes.size > 50_000) boxes.clear();
    boxes.set(key, box);
  }
  const scale = size / UNIT;
  return { width: box.width * scale, ascent: box.ascent * scale, descent: box.descent * scale };
}

/** The text, or as much of it as fits followed by an ellipsis. */
export function fit(text: string, width: number, family: FontFamily, size: number, weight = 400): string {
  const content = visible(text);
  if (measure(content, family, size, weight).width <= width) return content;
  const letters = [...content];
  let low = 0;
  let high = letters.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const cut = `${letters.slice(0, middle).join('')}…`;
    if (measure(cut, family, size, weight).width <= width) low = middle;
    else high = middle - 1;
  }
  return `${letters.slice(0, low).join('')}…`;
}
