import { arc, shownAttention, type ShownAttention } from '../model/attention';
import type { SequenceColumn } from '../model/layout';
import type { SequenceScene } from '../model/sequenceScene';
import type { Tokens } from './colour';
import type { Surface } from './surface';
import type { Look } from './look';

const BAR = 9;
const WIDEST = 7;
/** Weights below this share of the largest are not drawn as arcs. */
const FAINTEST = 0.02;

/** The attention that this look shows. */
export function attentionOf(sequence: SequenceScene, { hover, step }: Look): ShownAttention | null {
  return shownAttention(sequence.attention, hover?.kind === 'step' ? hover.step : null, step);
}

/** A bar beside each word with pooling; else arcs from the step that pays attention to the words that get it. */
export function paintAttention(surface: Surface, sequence: SequenceScene, column: SequenceColumn, look: Look): void {
  const { attention: place } = column;
  const shown = place && attentionOf(sequence, look);
  if (!place || !shown) return;
  if (shown.pooled) paintBars(surface, sequence, place, shown, look.theme);
  else paintArcs(surface, sequence, place, shown, look.theme);
}

function paintBars(
  surface: Surface,
  { rows }: SequenceScene,
  place: { x: number; width: number },
  { weights, largest }: ShownAttention,
  theme: Tokens,
): void {
  const first = rows[0];
  const last = rows[rows.length - 1];
  if (first && last) surface.line(place.x - 0.5, first.y - BAR, place.x - 0.5, last.y + BAR, { stroke: theme.line });
  for (const row of rows)
    surface.rect(place.x, row.y - BAR / 2, barLength(weights[row.step] ?? 0, largest, place.width), BAR, {
      fill: theme.ink3,
    });
}

/** Pixels of the bar of a weight. */
export function barLength(weight: number, largest: number, width: number): number {
  return largest > 0 ? (weight / largest) * (width - 4) : 0;
}

function paintArcs(
  surface: Surface,
  { rows }: SequenceScene,
  place: { x: number; width: number },
  { from, weights, largest }: ShownAttention,
  theme: Tokens,
): void {
  const source = rows[from];
  if (!source || largest <= 0) return;
  for (const row of rows) {
    const share = (weights[row.step] ?? 0) / largest;
    if (share < FAINTEST) continue;
    if (row.step === from) surface.circle(place.x, row.y, 1 + (share * WIDEST) / 2, { fill: theme.ink2 });
    else {
      const reach = place.width * (0.5 + 0.5 * Math.min(1, Math.abs(row.step - from) / 6)) * (4 / 3) - 4;
      surface.path(arc(place.x, source.y, row.y, reach), {
        stroke: theme.ink2,
        strokeWidth: Math.max(0.75, share * WIDEST),
        opacity: 0.75,
      });
    }
  }
}

/** The name of the column above it. */
export function paintAttentionHead(
  surface: Surface,
  sequence: SequenceScene,
  column: SequenceColumn,
  y: number,
  theme: Tokens,
): void {
  if (!column.attention || !sequence.attention) return;
  surface.text(column.attention.x, y - 15, 'attention', { family: 'interface', size: 12, fill: theme.ink3 });
}
