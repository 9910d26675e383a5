import type { WordsChart } from './wordsChart';

export interface LineLabel {
  /** Left end and baseline of the text. */
  x: number;
  y: number;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const CANDIDATES = 24;
const ASCENT = 11;
const DESCENT = 4;

/**
 * Places for the words beside their own lines, where they cover the fewest bands of any word: every word is tried
 * just above and just below its own band at several columns.
 */
export function lineLabels(chart: WordsChart, widths: readonly number[]): LineLabel[] {
  const taken: Box[] = [];
  return chart.words.map((word, index) => {
    const width = widths[index]!;
    let best: LineLabel = { x: chart.left, y: chart.top + ASCENT };
    let bestCost = Infinity;
    const room = Math.max(0, chart.right - chart.left - width - 8);
    for (let c = 0; c < CANDIDATES; c += 1) {
      const left = chart.left + 4 + (room * c) / (CANDIDATES - 1);
      const [top, bottom] = span(chart, index, left, left + width);
      for (const baseline of [top - DESCENT - 1, bottom + ASCENT + 2]) {
        const box = { left, right: left + width, top: baseline - ASCENT, bottom: baseline + DESCENT };
        const away = Math.abs(baseline - 4 - nearest(word.mean, chart, left + width / 2));
        const cost = cover(chart, index, box) + crowding(box, taken) + outside(box, chart) + away / 4 + c / 10;
        if (cost < bestCost) {
          bestCost = cost;
          best = { x: left, y: baseline };
        }
      }
    }
    taken.push({ left: best.x, right: best.x + width, top: best.y - ASCENT, bottom: best.y + DESCENT });
    return best;
  });
}

function columnsUnder(chart: WordsChart, left: number, right: number): [number, number] {
  const last = chart.marks.length - 1;
  const clamp = (i: number): number => Math.max(0, Math.min(last, i));
  return [clamp(Math.floor((left - chart.left) / chart.pitch)), clamp(Math.floor((right - chart.left) / chart.pitch))];
}

/** Top and bottom of a word's widest band over some columns. */
function span(chart: WordsChart, index: number, left: number, right: number): [number, number] {
  const word = chart.words[index]!;
  const [from, to] = columnsUnder(chart, left, right);
  let top = Infinity;
  let bottom = -Infinity;
  for (let i = from; i <= to; i += 1) {
    const [a, b] = bandAt(word, i);
    top = Math.min(top, a);
    bottom = Math.max(bottom, b);
  }
  return [top, bottom];
}

function bandAt(word: WordsChart['words'][number], i: number): readonly [number, number] {
  return word.outer[i] ?? word.inner[i] ?? [word.mean[i]!, word.mean[i]!];
}

function nearest(mean: Float32Array, chart: WordsChart, x: number): number {
  return mean[columnsUnder(chart, x, x)[0]] ?? 0;
}

/** Area of the bands of other words under a box; their lines count heavily. */
function cover(chart: WordsChart, index: number, box: Box): number {
  const [from, to] = columnsUnder(chart, box.left, box.right);
  let area = 0;
  chart.words.forEach((word, other) => {
    if (other === index) return;
    for (let i = from; i <= to; i += 1) {
      const [top, bottom] = bandAt(word, i);
      area += Math.max(0, Math.min(bottom, box.bottom) - Math.max(top, box.top)) * chart.pitch;
      const line = word.mean[i]!;
      if (line > box.top && line < box.bottom) area += 10 * chart.pitch;
    }
  });
  return area;
}

function crowding(box: Box, taken: readonly Box[]): number {
  return taken.some((t) => t.left < box.right + 6 && box.left < t.right + 6 && t.top < box.bottom && box.top < t.bottom)
    ? 10_000
    : 0;
}

function outside(box: Box, frame: { top: number; bottom: number }): number {
  return box.top < frame.top || box.bottom > frame.bottom ? 5_000 : 0;
}
