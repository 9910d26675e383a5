import { flow, type FlowItem, type Placed } from '../model/flow';
import { largest } from '../model/scale';
import { spacedTokens } from '../model/spacing';
import type { Head } from '../wording/head';
import type { Piece, Tone } from '../wording/sum';
import type { Tokens } from './colour';
import type { Surface } from './surface';
import { tint, weightTint } from './tint';

interface Word extends FlowItem {
  step: number;
}
interface Said extends FlowItem {
  tone: Tone;
}

/** A sentence with what tints its words; `below` tints their lower half, on the same scale, where two models read it. */
type Tinted = Pick<Head, 'sentence' | 'values' | 'signed'> & { below?: Float32Array | null };

/** The text of a sentence and what is said of it, folded into lines. */
export interface LaidHead {
  head: Tinted;
  pinned: number | null;
  width: number;
  words: Placed<Word>[];
  /** Lines of text. */
  lines: number;
  said: Placed<Said>[][];
  height: number;
}

const TEXT_LINE = 25;
const SAID_LINE = 20;
const GAP = 6;
const SIZE = 16;
const RIGHT_TO_LEFT = /^[^\p{L}]*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

const lastLine = (placed: readonly Placed<unknown>[]): number => (placed.at(-1)?.line ?? -1) + 1;

/** A head in so many px, over lines of what is said of the sentence. */
export function layHead(
  head: Tinted,
  pinned: number | null,
  width: number,
  told: readonly (readonly Piece[])[],
): LaidHead {
  const { surface, text } = head.sentence;
  const words = flow(
    spacedTokens(surface, text).map((token): Word => ({
      text: token.text,
      before: token.before !== '',
      family: 'corpus',
      size: SIZE,
      weight: token.step === pinned ? 700 : 400,
      step: token.step,
    })),
    width,
  );
  const said = told.filter((pieces) => pieces.length).map((pieces) => flow(pieces.flatMap(items), width));
  const lines = lastLine(words);
  const below = said.reduce((sum, placed) => sum + lastLine(placed), 0);
  return { head, pinned, width, words, lines, said, height: lines * TEXT_LINE + GAP + below * SAID_LINE };
}

/** A piece word by word, so that it can be folded. */
function items({ text, tone }: Piece): Said[] {
  const bold = tone !== 'plain' && tone !== 'quiet' && tone !== 'right' && tone !== 'corpus';
  return text.split(' ').map((word) => ({
    text: word,
    before: true,
    family: tone === 'corpus' ? 'corpus' : 'interface',
    size: tone === 'corpus' ? 14 : 13,
    weight: bold ? 650 : 400,
    tone,
  }));
}

/** Neighbours that look alike as one text, so that a drawing program has phrases and not words. */
function joined(placed: readonly Placed<Said>[]): Placed<Said>[] {
  const runs: Placed<Said>[] = [];
  for (const one of placed) {
    const last = runs.at(-1);
    if (last && last.line === one.line && last.item.tone === one.item.tone && one.item.before)
      runs[runs.length - 1] = { ...last, text: `${last.text} ${one.text}` };
    else runs.push(one);
  }
  return runs;
}

function inkOf(tone: Tone, theme: Tokens): string {
  switch (tone) {
    case 'up':
      return theme.positive.text;
    case 'down':
      return theme.negative.text;
    case 'plain':
    case 'right':
      return theme.ink2;
    case 'quiet':
      return theme.ink3;
    default:
      return theme.ink;
  }
}

/** The sentence, each word on the ground of what it pushed or lost, and below it what that comes to. */
export function paintSentenceHead(surface: Surface, laid: LaidHead, x: number, y: number, theme: Tokens): void {
  const { head, pinned, words, said, width } = laid;
  const end = Math.max(largest(head.values ?? []), largest(head.below ?? [])) || 1;
  const colour = (value = Number.NaN): string | null =>
    Number.isFinite(value) ? (head.signed ? tint : weightTint)(value / end, theme) : null;
  const mirrored = RIGHT_TO_LEFT.test(head.sentence.text);
  for (const { item, text, x: left, line, width: own } of words) {
    const fill = colour(head.values?.[item.step]);
    const lower = head.below ? colour(head.below[item.step]) : null;
    const at = x + (mirrored ? width - left - own : left);
    const top = y + line * TEXT_LINE;
    const high = head.below ? (TEXT_LINE - 4) / 2 : TEXT_LINE - 4;
    if (fill) surface.roundRect(at - 1, top + 1, own + 2, high, head.below ? 0 : 3, { fill });
    if (lower) surface.rect(at - 1, top + 1 + high, own + 2, high, { fill: lower });
    if (item.step === pinned)
      surface.roundRect(at - 2, top + 1, own + 4, TEXT_LINE - 4, 3, { stroke: theme.ink, strokeWidth: 1.5 });
    surface.text(at, top + 17, text, { family: 'corpus', size: SIZE, weight: item.weight, fill: theme.ink });
  }
  let below = y + laid.lines * TEXT_LINE + GAP;
  for (const placed of said) {
    for (const { item, text, x: left, line } of joined(placed))
      surface.text(x + left, below + line * SAID_LINE + 14, text, {
        family: item.family,
        size: item.size,
        weight: item.weight,
        fill: inkOf(item.tone, theme),
      });
    below += lastLine(placed) * SAID_LINE;
  }
}
