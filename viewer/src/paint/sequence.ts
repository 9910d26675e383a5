import type { Piece } from '../model/bars';
import type { SequenceColumn } from '../model/layout';
import { NEXT_SIZE, shortP } from '../model/nextWords';
import { secondSide } from '../model/pair';
import type { Row, SequenceScene } from '../model/sequenceScene';
import type { Scene } from '../model/scene';
import { along, trackPath } from '../model/track';
import { mix, type Tokens } from './colour';
import type { Surface } from './surface';
import { measure } from '../model/text';
import { fixed, signed } from '../wording/format';
import { sideLook, type Look } from './look';
import { paintAttention, paintAttentionHead } from './attention';
import { paintAnswerMemory, paintAnswerMemoryHead } from './answerMemory';
import { paintFollowed, paintFollowedHeads } from './followed';
import { paintDifference } from './difference';
import { paintPushes, paintPushHead } from './push';
import { paintSignal, paintSignalHead } from './signal';

const STRIP = 4;
/** Below this height a hollow piece has no inside: it is drawn as a paler line. */
const HOLLOW = 3;

function paintPiece(
  surface: Surface,
  piece: Piece,
  x: number,
  width: number,
  y: number,
  scale: number,
  theme: Tokens,
): void {
  const a = y - piece.from * scale;
  const b = y - piece.to * scale;
  const top = Math.min(a, b);
  const height = Math.abs(a - b);
  if (height < 0.3) return;
  const colour = (piece.rising ? theme.positive : theme.negative).mark;
  if (piece.kind === 'carried') surface.rect(x, top, width, height, { fill: theme.carried });
  else if (piece.kind === 'gained') surface.rect(x, top, width, height, { fill: colour });
  else if (height < HOLLOW) surface.rect(x, top, width, height, { fill: mix(theme.background, colour, 0.6) });
  else {
    const fill = mix(theme.background, colour, 0.14);
    surface.rect(x + 0.5, top + 0.5, width - 1, height - 1, { fill, stroke: colour, strokeWidth: 1 });
  }
}

/** The bars of a row on its line. */
export function paintGlyph(surface: Surface, row: Row, column: SequenceColumn, scale: number, theme: Tokens): void {
  const { glyphX, pitch, bar: width } = column;
  const right = glyphX + (row.bars.length - 1) * pitch + width;
  row.bars.forEach((bar, i) => {
    for (const piece of bar.pieces) paintPiece(surface, piece, glyphX + i * pitch, width, row.y, scale, theme);
  });
  surface.rect(glyphX - 3, row.y - 0.5, right - glyphX + 6, 1, { fill: theme.grey });
}

/** How much of each chip survived from the step before: the strip above a row. */
export function paintStrip(surface: Surface, row: Row, column: SequenceColumn, theme: Tokens): void {
  const y = row.y - column.rowPitch / 2 - STRIP / 2;
  row.bars.forEach((bar, i) => {
    if (!Number.isFinite(bar.keptRate)) return;
    const x = column.glyphX + i * column.pitch;
    const kept = Math.max(1, bar.keptRate * column.bar);
    surface.rect(x, y, column.bar, STRIP, { fill: theme.keptTrack });
    surface.rect(x + (column.bar - kept) / 2, y, kept, STRIP, { fill: theme.kept });
  });
}

/** The word of a row; `raised` pixels higher where a line stands under it. */
export function paintToken(
  surface: Surface,
  row: Row,
  column: SequenceColumn,
  pinned: boolean,
  theme: Tokens,
  raised = 0,
): void {
  const y = row.y + 5 - raised;
  surface.text(column.tokenRight, y, row.shown, {
    family: 'corpus',
    size: row.size,
    weight: pinned ? 700 : 400,
    fill: row.unknown ? theme.ink2 : theme.ink,
    align: 'right',
  });
  if (row.unknown) {
    surface.line(column.tokenRight - row.shownWidth, y + 4.5, column.tokenRight, y + 4.5, {
      stroke: theme.ink3,
      strokeWidth: 1.5,
      dash: [1.5, 2.5],
    });
  }
}

/** The likeliest next word or tag and its probability, under the token; in ink where it was right. */
export function paintNext(surface: Surface, row: Row, column: SequenceColumn, theme: Tokens): void {
  if (!row.next) return;
  const { shown, p, came, mark } = row.next;
  const y = row.y + 14;
  const fill = came ? theme.ink : theme.ink3;
  const number = shortP(p);
  const word = column.tokenRight - measure(number, 'interface', NEXT_SIZE).width - 4;
  surface.text(column.tokenRight, y, number, {
    family: 'interface',
    size: NEXT_SIZE,
    fill,
    align: 'right',
    tabular: true,
  });
  surface.text(word, y, shown, {
    family: 'corpus',
    size: NEXT_SIZE + 1,
    weight: came ? 600 : 400,
    fill,
    align: 'right',
  });
  if (!mark) return;
  surface.text(word - measure(shown, 'corpus', NEXT_SIZE + 1, came ? 600 : 400).width - 3, y, mark.trim(), {
    family: 'interface',
    size: NEXT_SIZE,
    fill: theme.ink3,
    align: 'right',
  });
}

/** The lines at 0, ½ and 1. */
export function paintTrackFrame(
  surface: Surface,
  track: { x: number; width: number },
  top: number,
  bottom: number,
  theme: Tokens,
): void {
  const at = (p: number): number => track.x + p * track.width;
  for (const x of [at(0), at(1)]) surface.line(x + 0.5, top, x + 0.5, bottom, { stroke: theme.line });
  surface.line(at(0.5) + 0.5, top, at(0.5) + 0.5, bottom, { stroke: theme.strongLine, dash: [1.5, 3] });
}

function paintTrack(surface: Surface, sequence: SequenceScene, column: SequenceColumn, look: Look): void {
  const { track } = column;
  if (!track) return;
  const { theme } = look;
  const bottom = (sequence.rows.length + sequence.shift) * column.rowPitch - column.rowPitch * 0.2;
  const at = (value: number): number => track.x + along(value, sequence.trackRange) * track.width;
  const places = sequence.trackRange[1] - sequence.trackRange[0] >= 100 ? 0 : 2;
  paintTrackFrame(surface, track, sequence.shift * column.rowPitch, bottom, theme);
  const points = sequence.rows.filter((row) => row.p !== null).map((row) => [at(row.p!), row.y] as const);
  if (!sequence.trackMoves)
    for (const [x, y] of points) surface.line(track.x, y, x, y, { stroke: theme.grey, strokeWidth: 3 });
  else if (points.length > 1)
    surface.path(trackPath(points), { stroke: theme.ink2, strokeWidth: 1.5, lineJoin: 'round' });
  for (const row of sequence.rows) {
    if (row.p === null) continue;
    const pinned = row.step === look.step;
    const hovered = look.hover?.kind === 'step' && look.hover.step === row.step;
    const x = at(row.p);
    if (pinned) surface.circle(x, row.y, 5, { fill: theme.ink });
    else surface.circle(x, row.y, 3, { fill: theme.background, stroke: theme.ink2, strokeWidth: 1.5 });
    if (!pinned && !hovered && !sequence.noted.has(row.step)) continue;
    const left = along(row.p, sequence.trackRange) >= (sequence.trackMoves ? 0.42 : 0.75);
    // Beside a point; over a bar where it would lie on it.
    const over = left && !sequence.trackMoves;
    surface.text(left ? x - 9 : x + 9, row.y + (over ? -6 : 4), fixed(row.p, places), {
      family: 'interface',
      size: 12,
      weight: pinned ? 700 : 400,
      fill: pinned ? theme.ink : theme.ink2,
      align: left ? 'right' : 'left',
      tabular: true,
      halo: theme.background,
    });
  }
}

/** Labels above the rows of every sentence. */
export function paintSequenceHeads(surface: Surface, scene: Scene, look: Look): void {
  paintSequenceHead(surface, scene, look);
  if (scene.second) paintSequenceHead(surface, secondSide(scene), look);
}

/** Every sentence, and the difference of two. */
export function paintSequences(surface: Surface, scene: Scene, look: Look): void {
  paintSequence(surface, scene, sideLook(look, false));
  if (!scene.second) return;
  paintSequence(surface, secondSide(scene), sideLook(look, true), 'sequence-2');
  if (scene.difference) paintDifference(surface, scene.difference, look);
}

/** Labels above the rows: chip numbers and the axis of the probability. */
export function paintSequenceHead(surface: Surface, scene: Scene, look: Look): void {
  const { sequence, columns } = scene;
  const column = columns.sequence;
  if (!sequence || !column) return;
  const { theme } = look;
  const y = column.top - 2;
  surface.text(column.tokenRight, y, 'chip', { family: 'interface', size: 12, fill: theme.ink3, align: 'right' });
  paintBarNumbers(surface, scene, column, look, y);
  const { track } = column;
  paintSignalHead(surface, sequence, column, y, theme);
  paintAttentionHead(surface, sequence, column, y, theme);
  paintAnswerMemoryHead(surface, sequence, column, y, theme);
  paintFollowedHeads(surface, sequence, column, y, theme);
  paintPushHead(surface, column, y, theme);
  if (track && sequence.trackName) paintTrackAxis(surface, track, sequence.trackName, y, theme, sequence.trackRange);
}

/** The number of each chip above its bars. */
export function paintBarNumbers(surface: Surface, scene: Scene, column: SequenceColumn, look: Look, y: number): void {
  const { theme } = look;
  const label = { family: 'interface', size: 12, fill: theme.ink3, tabular: true } as const;
  const numbers = [...scene.numbers];
  const widest = measure('0'.repeat(String(numbers.length).length), 'interface', label.size, 700).width;
  const every = column.pitch >= widest + 3 ? 1 : column.pitch >= 9 ? 2 : 5;
  const hovered =
    look.hover?.kind === 'chip' || look.hover?.kind === 'step' || look.hover?.kind === 'difference'
      ? look.hover.cluster
      : null;
  for (const [i, [cluster, number]] of numbers.entries()) {
    const active = cluster === hovered;
    if (!active && every > 1 && number !== 1 && number % every !== 0) continue;
    if (!active && hovered !== null && every > 1 && Math.abs(i - (scene.numbers.get(hovered) ?? 0) + 1) < 3) continue;
    surface.text(column.glyphX + i * column.pitch + column.bar / 2, y, String(number), {
      ...label,
      align: 'center',
      weight: active ? 700 : 400,
      fill: active ? theme.ink : theme.ink3,
    });
  }
}

/** What the probability track shows, and its axis. */
export function paintTrackAxis(
  surface: Surface,
  track: { x: number; width: number },
  name: string,
  y: number,
  theme: Tokens,
  [low, high]: readonly [number, number] = [0, 1],
): void {
  const label = { family: 'interface', size: 12, fill: theme.ink3, tabular: true } as const;
  surface.text(track.x + track.width / 2, y - 15, name, {
    family: 'interface',
    size: 12,
    fill: theme.ink3,
    align: 'center',
  });
  const share = low === 0 && high === 1;
  const end = (value: number): string => signed(value, Math.abs(high - low) >= 100 ? 0 : 1);
  const ends: [number, string][] = [
    [0, share ? '0' : end(low)],
    ...(share ? [[0.5, '½'] as [number, string]] : []),
    [1, share ? '1' : end(high)],
  ];
  for (const [p, text] of ends) {
    surface.text(track.x + p * track.width, y, text, { ...label, align: 'center' });
  }
}

const BRACKET = 9;

/** The brushed rows: a wash, and a bracket before the words. */
function paintRange(
  surface: Surface,
  sequence: SequenceScene,
  column: SequenceColumn,
  look: Look,
  right: number,
): void {
  const first = look.range && sequence.rows[look.range[0]];
  const last = look.range && sequence.rows[look.range[1]];
  if (!first || !last) return;
  const { theme } = look;
  const top = first.y - column.rowPitch / 2 + 3;
  const bottom = last.y + column.rowPitch / 2 - 3;
  surface.rect(0, top, right, bottom - top, { fill: theme.wash, opacity: 0.7 });
  surface.path(`M${BRACKET + 6} ${top + 1}H${BRACKET}V${bottom - 1}H${BRACKET + 6}`, {
    stroke: theme.ink,
    strokeWidth: 2,
    lineJoin: 'round',
  });
}

/** The rows, scrolled and clipped to their column. */
export function paintSequence(surface: Surface, scene: Scene, look: Look, name = 'sequence'): void {
  const { sequence, columns } = scene;
  const column = columns.sequence;
  if (!sequence || !column) return;
  const { theme } = look;
  const offset = column.top - look.scroll.sequence;
  const right = column.x + column.width;
  const visible = (row: Row): boolean =>
    row.y + column.rowPitch > look.scroll.sequence &&
    row.y - column.rowPitch < look.scroll.sequence + column.bottom - column.top;
  const { left } = column;
  const clip = { x: left, y: column.top, width: right - left, height: column.bottom - column.top };
  surface.group({ name, clip }, () =>
    surface.group({ translate: [0, offset] }, () => {
      for (const row of sequence.rows) {
        const pinned = row.step === look.step;
        const hovered = look.hover?.kind === 'step' && look.hover.step === row.step;
        const top = row.y - column.rowPitch / 2;
        if (pinned || hovered)
          surface.rect(left, top, right - left, column.rowPitch, { fill: theme.wash, opacity: pinned ? 1 : 0.6 });
        if (pinned) surface.rect(left, top, 3, column.rowPitch, { fill: theme.ink });
      }
      paintRange(surface, sequence, column, look, right);
      paintTrack(surface, sequence, column, look);
      paintSignal(surface, sequence, column, theme, visible);
      paintAttention(surface, sequence, column, look);
      paintAnswerMemory(surface, sequence, column, look);
      paintFollowed(surface, sequence, column, look);
      paintPushes(surface, sequence, column, theme);
      surface.group({ opacity: look.progress < 1 ? 0.25 + 0.75 * look.progress : undefined }, () => {
        for (const row of sequence.rows) {
          if (!visible(row)) continue;
          if (row.step > 0 || sequence.shift > 0) paintStrip(surface, row, column, theme);
          if (row.bars.length) paintGlyph(surface, row, column, sequence.scale, theme);
        }
      });
      for (const row of sequence.rows) {
        if (!visible(row)) continue;
        paintToken(surface, row, column, row.step === look.step, theme, row.next ? 7 : 0);
        paintNext(surface, row, column, theme);
      }
      paintBarMark(surface, sequence, column, look);
    }),
  );
  if (look.scroll.sequence > 0) surface.line(left, column.top + 0.5, right, column.top + 0.5, { stroke: theme.line });
}

/** The outline of the bar under the pointer, or of the hovered chip's bar in every row. */
export function paintBarMark(surface: Surface, sequence: SequenceScene, column: SequenceColumn, look: Look): void {
  const { hover, theme } = look;
  if (hover?.kind !== 'step' || hover.cluster === null) return;
  const row = sequence.rows[hover.step];
  const i = row?.bars.findIndex((bar) => bar.cluster === hover.cluster) ?? -1;
  if (!row || i < 0) return;
  const half = column.rowPitch / 2 - 3;
  surface.roundRect(column.glyphX + i * column.pitch - 2, row.y - half, column.bar + 4, 2 * half, 3, {
    stroke: theme.ink,
    strokeWidth: 2,
  });
}
