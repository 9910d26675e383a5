import { csvOf } from '../../ui/board/files';
import { buildCompare, type CompareScene } from '../../model/compareScene';
import { COMPARE_HEAD } from '../../model/compareLayout';
import { diverging, type Tokens } from '../../paint/colour';
import type { Drawing } from '../../paint/drawing';
import type { Surface } from '../../paint/surface';
import { measure } from '../../model/text';
import type { Explorer } from '../../state/explorer.svelte';
import type { Side } from '../../state/side.svelte';
import { answerWords, type AnswerWords } from '../../wording/answer';
import { compareData, compareLooks, strengthsOf } from './data';
import { headsOf, headTexts } from './head';
import { measureColumns, type MeasureColumn } from './measures';
import { pairingNote, sideNames } from './names';
import { paintCompare, type ComparePainting } from './paint';
import { paintHead, type HeadTexts } from './paintHead';
import { fitting, MEASURES_HEIGHT, paintMeasures } from './paintMeasures';
import { paintMark } from './paintTrack';
import { layHead, paintSentenceHead, type LaidHead } from '../../paint/sentenceHead';
import { answerPieces } from '../../wording/sum';
import { compareTables, measuresTable } from './tables';

const WIDTH = 1440;
const LEAST_HEIGHT = 680;
const TITLE = 40;
const MARGIN = 24;
/** Under the sentence. */
const HEAD_GAP = 12;
const FOOT = 44;

interface Figure {
  /** The sentence as both read it; null where neither answer is known. */
  head: LaidHead | null;
  painting: ComparePainting;
  scene: CompareScene;
  heads: HeadTexts;
  measures: MeasureColumn[];
  names: { a: string; b: string };
  title: string;
  notes: string;
  /** What orange and blue stand for while pushes are shown. */
  said: AnswerWords;
  height: number;
}

function figure(explorer: Explorer, side: Side): Figure {
  if (!side.a || !side.entries) throw new Error('There is nothing to compare with');
  const data = compareData(explorer, side, null);
  const rows = explorer.sentence?.tokens.length ?? 0;
  const height = Math.max(LEAST_HEIGHT, COMPARE_HEAD + rows * 44 + 12);
  const scene = buildCompare(data, { width: WIDTH, height }, explorer.view.compareLayout);
  const { a, b } = sideNames(side.a, side.entries);
  const by = [
    `${explorer.view.k} clusters`,
    explorer.focus && `chips: ${explorer.colouring.labelOf(side.pushed)}`,
    pairingNote(explorer, side),
  ];
  return {
    head: sentenceHead(explorer, side),
    painting: {
      scene,
      looks: compareLooks(explorer, side, null),
      clusterings: { a: data.a.clustering, b: data.b.clustering },
      strengths: strengthsOf(side),
    },
    scene,
    said: answerWords(explorer.model, explorer.followed),
    heads: headTexts(explorer, side)!,
    measures: side.measures ? measureColumns(side.measures) : [],
    names: { a: a.title, b: b.title },
    title: `${side.a.model.title}, ${side.a.state.title} (A) and ${side.entries.model.title}, ${side.entries.state.title} (B)`,
    notes: [explorer.dataset?.title, ...by].filter(Boolean).join(' · '),
    height: Math.max(height, scene.a.boardHeight, scene.b.boardHeight),
  };
}

/** The sentence with the tints of both, and what either answered. */
function sentenceHead(explorer: Explorer, side: Side): LaidHead | null {
  const { a, b } = headsOf(explorer, side);
  const above = a?.values ? a : b;
  if (!above) return null;
  const below = a?.values && b?.values && a.signed === b.signed ? b.values : null;
  const told = (['a', 'b'] as const).map((name) => {
    const head = name === 'a' ? a : b;
    const pieces = head ? answerPieces(head.sum, head.verdict, head.said) : [];
    return pieces.length ? [{ text: name.toUpperCase(), tone: 'number' as const }, ...pieces] : [];
  });
  return layHead({ ...above, below }, explorer.step, WIDTH - 2 * MARGIN, told);
}

/** What the marks mean, along the bottom. */
function paintLegend(surface: Surface, made: Figure, y: number, theme: Tokens): void {
  let x = 24;
  const label = (text: string): void => {
    surface.text(x, y, text, { family: 'interface', size: 11, fill: theme.ink2 });
    x += measure(text, 'interface', 11).width + 20;
  };
  const square = (fill: string): void => {
    surface.rect(x, y - 9, 10, 10, { fill });
    x += 15;
  };
  for (const mark of ['a', 'b'] as const) {
    paintMark(surface, mark, x + 5, y - 4, 4, { theme });
    x += 15;
    label(`${mark.toUpperCase()} ${made.names[mark]}`);
  }
  const { pushed } = made.scene.a;
  if (!pushed) {
    square(theme.carried);
    label('carried over');
  }
  square(theme.positive.mark);
  label(pushed ? made.said.rising : 'rising');
  square(theme.negative.mark);
  label(pushed ? made.said.falling : 'falling');
  const scale = diverging(theme);
  const limit = made.scene.a.colourLimit;
  for (let i = -10; i <= 10; i++) surface.rect(x + (i + 10) * 4, y - 8, 4, 8, { fill: scale.colour(i / 10) });
  x += 91;
  label(`±${limit} ${pushed ? 'push' : 'change'}, shared scale`);
  if (made.head?.head.below) label('sentence and pushes: A above, B below');
  label(
    made.scene.columns.layout === 'overlay'
      ? 'outlines: B'
      : 'match: correlation of two chips’ responses; weak below 0.50',
  );
  surface.text(24, y + 20, made.notes, { family: 'interface', size: 11, fill: theme.ink3 });
}

/** Where the picture begins. */
function topOf({ head }: Figure): number {
  return TITLE + (head ? head.height + HEAD_GAP : 0);
}

function heightOf(made: Figure): number {
  return topOf(made) + made.height + (made.measures.length ? MEASURES_HEIGHT : 0) + FOOT;
}

function paint(surface: Surface, made: Figure): void {
  const { theme } = made.painting.looks.a;
  surface.text(24, 30, made.title, { family: 'interface', size: 16, weight: 650, fill: theme.ink });
  const top = topOf(made);
  if (made.head) paintSentenceHead(surface, made.head, MARGIN, TITLE + 4, theme);
  surface.group({ translate: [0, top] }, () => {
    paintCompare(surface, made.painting);
    paintHead(surface, made.scene, made.heads, theme);
  });
  const below = top + made.height;
  if (made.measures.length) {
    surface.group({ translate: [0, below] }, () => {
      surface.line(0, 0.5, WIDTH, 0.5, { stroke: theme.line });
      paintMeasures(surface, fitting(made.measures, WIDTH), made.names, WIDTH, theme, null);
    });
  }
  paintLegend(surface, made, heightOf(made) - 28, theme);
}

/** The comparison as a drawing. */
export function compareDrawing(explorer: Explorer, side: Side): Drawing {
  const made = figure(explorer, side);
  const { theme } = made.painting.looks.a;
  return {
    width: WIDTH,
    height: heightOf(made),
    background: theme.background,
    title: made.title,
    paint: (surface) => paint(surface, made),
  };
}

/** The numbers behind it. */
export function compareCsv(explorer: Explorer, side: Side): string {
  const made = figure(explorer, side);
  const tables = compareTables(made.scene, compareData(explorer, side, null), side, made.names);
  return csvOf([
    { title: made.title, head: [made.notes], rows: [] },
    measuresTable(made.measures, made.names),
    ...tables,
  ]);
}
