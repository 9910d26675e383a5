import { bar, pushed, type Bar, type Piece } from '../../model/bars';
import { unitLabels } from '../../model/groups';
import { chipPushes } from '../../model/push';
import { glyphs } from '../../model/sequence';
import { mix, type Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import type { Explorer } from '../../state/explorer.svelte';
import { percent, signed } from '../../wording/format';
import { strongestStep } from '../../model/order';
import { callouts, type Callout } from './callout';
import type { HelpFigure } from './figures';

const TOP = 34;
const BOTTOM = 164;
const WIDE = 44;
const ORDINALS = [
  'first',
  'second',
  'third',
  'fourth',
  'fifth',
  'sixth',
  'seventh',
  'eighth',
  'ninth',
  'tenth',
  'eleventh',
  'twelfth',
];

/** Two bars of the glyph at the pinned word, magnified: the one that rises or pushes up most and the one that does the opposite. */
export function sequenceFigure(explorer: Explorer): HelpFigure | null {
  const { sequence, clustering, state, sentence } = explorer;
  if (!sequence || !clustering || !state || !sentence || sequence.units !== state.units) return null;
  const clusters = clustering.units.order.length;
  const labels = unitLabels(clustering, sequence.units);
  const all = glyphs(sequence, labels, clusters);
  const weights = explorer.pushing.shown;
  const pushes = weights && chipPushes(sequence, weights, labels, clusters);
  const step = explorer.step ?? strongestStep(sequence);
  const bars = clustering.units.order
    .map((cluster, i) => {
      const moved = bar(all, step, cluster);
      const push = pushes?.[step * clusters + cluster] ?? null;
      const shown = push === null ? moved : pushed(moved, push);
      return { ...shown, number: i + 1, push, amount: push ?? moved.deltaP + moved.deltaN };
    })
    .filter((b) => b.pieces.length > 0)
    .sort((a, b) => b.amount - a.amount);
  const rising = bars[0];
  const falling = bars[bars.length - 1];
  if (!rising || !falling) return null;
  const shown = rising === falling ? [rising] : [rising, falling];
  const reach = Math.max(...shown.flatMap((b) => b.pieces.flatMap((p) => [Math.abs(p.from), Math.abs(p.to)])));
  const numbers = shown.map((b) => b.number).join(' and ');
  return {
    caption: `${shown.length > 1 ? 'Chips' : 'Chip'} ${numbers} at “${sentence.surface[step]!}”, the ${ORDINALS[step] ?? `${step + 1}th`} word`,
    height: 190,
    paint: (surface, theme) =>
      shown.forEach((b, i) => paintBar(surface, b, 140 + i * 154, i === 0 ? 'left' : 'right', reach, theme)),
  };
}

function paintBar(
  surface: Surface,
  b: Bar & { number: number; push: number | null },
  left: number,
  side: 'left' | 'right',
  reach: number,
  theme: Tokens,
): void {
  const highest = Math.max(0, ...b.pieces.flatMap((p) => [p.from, p.to]));
  const lowest = Math.min(0, ...b.pieces.flatMap((p) => [p.from, p.to]));
  const scale = Math.min((BOTTOM - TOP) / (highest - lowest || 1), (BOTTOM - TOP) / reach);
  const zero = TOP + (BOTTOM - TOP - (highest - lowest) * scale) / 2 + highest * scale;
  const y = (value: number): number => zero - value * scale;
  const notes: Callout[] = [];
  if (Number.isFinite(b.keptRate)) {
    surface.rect(left, 8, WIDE, 6, { fill: theme.keptTrack });
    surface.rect(left + (WIDE * (1 - b.keptRate)) / 2, 8, WIDE * b.keptRate, 6, { fill: theme.kept });
    notes.push({ text: `${percent(b.keptRate)} kept`, y: 11 });
  }
  for (const piece of b.pieces) {
    const top = Math.min(y(piece.from), y(piece.to));
    const height = Math.abs(y(piece.to) - y(piece.from));
    paintPiece(surface, piece, left, top, height, theme);
    if (height >= (piece.kind === 'carried' ? 12 : 3))
      notes.push({ text: b.push === null ? name(piece) : `push ${signed(b.push)}`, y: top + height / 2 });
  }
  surface.line(left - 6, Math.round(zero) + 0.5, left + WIDE + 6, Math.round(zero) + 0.5, { stroke: theme.strongLine });
  const [from, to] = side === 'left' ? [left - 4, left - 22] : [left + WIDE + 4, left + WIDE + 22];
  callouts(surface, notes, side, from, to, { top: 2, bottom: BOTTOM + 8 }, theme);
  surface.text(left + WIDE / 2, 186, `chip ${b.number}`, {
    family: 'interface',
    size: 12,
    fill: theme.ink3,
    align: 'center',
  });
}

function paintPiece(surface: Surface, piece: Piece, x: number, y: number, height: number, theme: Tokens): void {
  const { mark } = piece.rising ? theme.positive : theme.negative;
  if (piece.kind === 'carried') surface.rect(x, y, WIDE, height, { fill: theme.carried });
  else if (piece.kind === 'gained') surface.rect(x, y, WIDE, height, { fill: mark });
  else {
    const inset = Math.min(0.6, height / 2);
    const fill = mix(theme.surface, mark, 0.14);
    surface.rect(x + inset, y + inset, WIDE - 2 * inset, height - 2 * inset, { fill, stroke: mark, strokeWidth: 1.2 });
  }
}

function name(piece: Piece): string {
  const sign = piece.from + piece.to >= 0 ? 'positive' : 'negative';
  return piece.kind === 'carried' ? 'carried over' : `${sign}, ${piece.kind}`;
}
