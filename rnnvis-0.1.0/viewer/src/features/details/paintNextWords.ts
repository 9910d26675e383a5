import type { Candidate } from '../../model/nextWords';
import type { Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import { fit } from '../../model/text';
import { fixed } from '../../wording/format';
import { corpus, type TooltipContent } from '../../wording/tip';

const ROW = 22;
const BAR = 10;
const WORD = 108;
const NUMBER = 44;
const WORD_SIZE = 14;

/** Rows of the chart: the likeliest words, and the one that came where it is not among them. */
export function nextRows(candidates: readonly Candidate[], came: { text: string; p: number } | null): Candidate[] {
  if (!came || !Number.isFinite(came.p) || candidates.some((candidate) => candidate.came)) return [...candidates];
  return [...candidates, { ...came, came: true }];
}

export function nextHeight(rows: readonly Candidate[]): number {
  return rows.length * ROW;
}

/** Number of the row at this height; null outside. */
export function nextAt(rows: readonly Candidate[], y: number): number | null {
  const row = Math.floor(y / ROW);
  return rows[row] ? row : null;
}

export function nextPoint(row: number): { x: number; y: number } {
  return { x: WORD + 12, y: (row + 0.5) * ROW };
}

export function describeNext({ text, p, came }: Candidate): TooltipContent {
  const share = p < 0.001 ? p.toExponential(1).replace('e-', ' × 10⁻').replace(/\d+$/, superscript) : fixed(p, 3);
  return {
    title: ['“', corpus(text), `”: ${share}`],
    lines: [
      [came ? 'This is the word that came.' : 'Another word came.'],
      [`Loss if it comes: ${fixed(-Math.log(p), 2)} nats.`],
    ],
    hint: null,
  };
}

function superscript(digits: string): string {
  return Array.from(digits, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]!).join('');
}

/** A bar for each word: how likely the model held it. The word that came is in ink, the others in grey. */
export function paintNextWords(
  surface: Surface,
  rows: readonly Candidate[],
  width: number,
  theme: Tokens,
  active: number | null,
): void {
  const room = width - WORD - NUMBER - 8;
  rows.forEach(({ text, p, came }, i) => {
    const middle = (i + 0.5) * ROW;
    if (i === active) surface.rect(0, i * ROW, width, ROW, { fill: theme.wash });
    surface.text(WORD, middle + 5, fit(text, WORD, 'corpus', WORD_SIZE, came ? 700 : 400), {
      family: 'corpus',
      size: WORD_SIZE,
      weight: came ? 700 : 400,
      fill: came ? theme.ink : theme.ink2,
      align: 'right',
    });
    surface.rect(WORD + 12, middle - BAR / 2, room, BAR, { fill: theme.keptTrack });
    surface.rect(WORD + 12, middle - BAR / 2, Math.max(1, p * room), BAR, { fill: came ? theme.ink : theme.grey });
    surface.text(width, middle + 4, p < 0.001 ? '< .001' : fixed(p, 3).replace(/^0/, ''), {
      family: 'interface',
      size: 11,
      weight: came ? 650 : 400,
      fill: came ? theme.ink : theme.ink2,
      align: 'right',
      tabular: true,
    });
  });
}
