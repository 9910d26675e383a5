import type { Clustering } from '../../data/types';
import { BAND } from '../../model/half';
import { halfScene } from '../../model/halfScene';
import { paintHalf } from '../../paint/half';
import { halfTables } from '../../ui/board/halfTables';
import { buildScene, layout, type Scene } from '../../model/scene';
import type { PictureData } from '../../model/pictureData';
import { diverging, tokens } from '../../paint/colour';
import { speechLegend } from '../../paint/speech';
import type { Drawing } from '../../paint/drawing';
import type { Style, Surface } from '../../paint/surface';
import { SvgSurface } from '../../paint/svg';
import { METHODS } from '../../data/figures';
import { fold } from '../../model/fold';
import { unitPushes } from '../../model/push';
import { measure } from '../../model/text';
import type { Explorer } from '../../state/explorer.svelte';
import type { Wish } from '../../state/exporter';
import { answerWords } from '../../wording/answer';
import { percent } from '../../wording/format';
import { headOf } from '../../wording/head';
import { nounsOf } from '../../wording/nouns';
import { HANDED, linkKeys, sequenceLine, widestLinks } from '../../wording/push';
import { answerPieces, whyPieces, type Piece } from '../../wording/sum';
import { chipWhys, unitWhys, wordWhys } from '../../wording/whys';
import { calmLook, pictureData } from '../../ui/board/data';
import { loadEffects } from '../../state/effects';
import type { Look } from '../../paint/look';
import { layHead, paintSentenceHead, type LaidHead } from '../../paint/sentenceHead';
import { paintBoard, paintPicture } from './paint';
import { csvOf } from '../../ui/board/files';
import { weightTint } from '../../paint/tint';
import { allTables } from '../../ui/board/tables';
import { partOf, type Part } from './parts';

/** Width and least height of each figure, in CSS pixels. */
const SIZES: Record<Part, { width: number; height: number }> = {
  whole: { width: 1056, height: 772 },
  sequence: { width: 560, height: 200 },
  board: { width: 1056, height: 772 },
  memory: { width: 420, height: 420 },
  words: { width: 560, height: 772 },
};
/** Room for the title of a part that stands alone. */
const TITLE = 56;
const LEGEND_LINE = 18;
const CAPTION_LINE = 16;
/** Below the picture: room, one line of the legend, and the margin under the caption. */
const FOOT = 36;
/** A sentence of more words stands in columns of at most so many. */
const FOLDED = 24;
const MARGIN = 24;
/** Above and between the heads of sentences. */
const HEAD_GAP = 18;

interface Figure {
  part: Part;
  /** What stands over the picture of each sentence, and the room it takes. */
  heads: LaidHead[];
  above: number;
  top: number;
  scene: Scene;
  /** Chips and clouds, and how far to the right they stand, where a long sentence stands in columns beside them. */
  board: { scene: Scene; right: number } | null;
  look: Look;
  clustering: Clustering | null;
  width: number;
  height: number;
  /** How far it is moved to the left. */
  shift: number;
  /** Columns that the sentence stands in. */
  folds: number;
  caption: string[];
}

/** The picture, or a part of it, at its own size: a long sentence is not cut. */
async function figure(explorer: Explorer, { part: name, print }: Wish): Promise<Figure> {
  const part = partOf(name);
  const effects = explorer.view.colourWords === 'class' ? await loadEffects(explorer).catch(() => null) : null;
  const data = pictureData(explorer, null);
  const length = explorer.sentence?.tokens.length ?? 0;
  const joined = (!data.second && data.half) || null;
  const rows =
    part === 'whole' || part === 'sequence' ? length + (joined ? joined.sentence.tokens.length + BAND : 0) : 0;
  const alone = !data.second && !joined;
  const long = part === 'whole' && alone && length > FOLDED;
  const top = part === 'whole' && !long ? 0 : TITLE;
  const { width: own, height: least } = SIZES[long ? 'sequence' : part];
  const folds = (part === 'sequence' || long) && alone ? Math.max(1, Math.ceil(length / FOLDED)) : 1;
  const height = Math.max(least, 74 + rows * 48 + 12);
  const wide = part === 'whole' || part === 'board';
  const mode = long ? 'sequence' : wide ? 'wide' : part;
  const columns = layout(data, { width: own, height }, mode);
  const built = buildScene(data, { width: own, height }, mode, { columns, half: halfScene(data, columns) });
  const full = Math.max(height, built.boardHeight);
  const scene = { ...built, columns: { ...built.columns, height: full } };
  const look = calmLook(explorer, effects);
  if (print) look.theme = tokens('light');
  const shift = part === 'board' ? (scene.columns.memory?.x ?? MARGIN) - MARGIN : 0;
  const board = long ? boardBeside(data, own * folds) : null;
  const width = board ? board.right + SIZES.board.width : own * folds - shift;
  const column = scene.columns.sequence;
  const tall = folds > 1 && column ? column.top + Math.ceil(length / folds) * column.rowPitch + 12 : full;
  const used =
    part === 'sequence' || part === 'whole'
      ? Math.max(tall, board ? board.scene.boardHeight + 24 - top : 0)
      : scene.boardHeight + 24;
  const heads = rows ? headsOf(explorer, width - 2 * MARGIN) : [];
  const above = heads.reduce((sum, head) => sum + head.height, 0) + (heads.length && HEAD_GAP * (heads.length + 0.5));
  const caption = captionOf(explorer, part, width - 2 * MARGIN, heads.length > 0);
  const { clustering } = explorer;
  const made = { part, heads, above, top, scene, board, look, clustering, width, shift, folds, caption, height: 0 };
  const foot =
    FOOT + caption.length * CAPTION_LINE + paintLegend(new SvgSurface(), { ...made, height: 1000 }, explorer);
  return { ...made, height: Math.ceil(top + used + foot) };
}

/** Chips and clouds beside a sentence in columns that are so wide together. */
function boardBeside(data: PictureData, columns: number): NonNullable<Figure['board']> {
  const { width, height } = SIZES.board;
  const scene = buildScene(data, { width, height }, 'wide');
  const full = { ...scene.columns, height: Math.max(height, scene.boardHeight) };
  return { scene: { ...scene, columns: full }, right: columns - (scene.columns.memory?.x ?? MARGIN) + MARGIN };
}

/** What stands over a sentence on the screen, over the figure: of both where two stand side by side. */
function headsOf(explorer: Explorer, width: number): LaidHead[] {
  const { model, dataset, view, sentence, steps, step, second, step2 } = explorer;
  const of = (one: typeof sentence, along: typeof steps, pinned: number | null, more: Piece[][]): LaidHead[] => {
    const head = headOf(model, dataset?.labels ?? [], one, along, view.towards);
    return head ? [layHead(head, pinned, width, [answerPieces(head.sum, head.verdict, head.said), ...more])] : [];
  };
  return [
    ...of(sentence, steps, step, second ? [] : whysOf(explorer)),
    ...(second ? of(second.sentence, second.steps, step2, []) : []),
  ];
}

/** The words, chips and units that made the answer, in a line. */
function whysOf({ model, followed, sentence, steps, sequence, pushing, clustering }: Explorer): Piece[][] {
  if (!sentence || !steps?.push) return [];
  const said = answerWords(model, followed);
  const { weights } = pushing;
  const byUnit = sequence && weights?.length === sequence.units ? unitPushes(sequence, weights) : null;
  return [
    [
      ...whyPieces('Words', wordWhys(sentence, steps, said)),
      ...whyPieces('Chips', clustering && byUnit ? chipWhys(clustering, byUnit, said) : []),
      ...whyPieces('Units', byUnit ? unitWhys(byUnit, said) : []),
    ],
  ];
}

/** What is shown, of what, and where it can be found again: in lines, nothing cut. `headed`: the sentence stands above. */
function captionOf(explorer: Explorer, part: Part, width: number, headed: boolean): string[] {
  const { dataset, model, state, sentence, clustering, view } = explorer;
  const quality = clustering?.quality;
  const of = [
    dataset?.title,
    model?.title,
    state?.title,
    `${view.k} clusters by ${METHODS[view.method] ?? view.method}`,
    quality && Number.isFinite(quality.heldOutR2) && `${percent(quality.heldOutR2)} of held-out responses explained`,
  ];
  const key = [sentence && `sentence ${sentence.key}`, `model ${model?.hash ?? ''}`, 'rnnvis'];
  const said = sentence && part !== 'words' && !headed ? [`“${sentence.text}”`] : [];
  return [...said, of.filter(Boolean).join(' · '), key.filter(Boolean).join(' · ')].flatMap((line) =>
    fold(line, width, 'interface', 11),
  );
}

function paintTitles(
  surface: Surface,
  { part, scene, board, look, height, shift, caption }: Figure,
  explorer: Explorer,
): void {
  const { theme } = look;
  const { sequence } = scene.columns;
  const { memory, words } = (board?.scene ?? scene).columns;
  const at = (x: number): number => {
    if (board) return x + board.right;
    return part === 'whole' || part === 'board' ? x - shift : MARGIN;
  };
  const title = (x: number, name: string, about: string): void => {
    surface.text(x, 27, name, { family: 'interface', size: 14, weight: 650, fill: theme.ink });
    surface.text(x, 45, about, { family: 'interface', size: 12, fill: theme.ink3 });
  };
  if (sequence && part !== 'board') title(board ? MARGIN : at(sequence.x), 'Sequence', sequenceLine(explorer));
  if (memory)
    title(
      at(memory.x),
      'Memory',
      `${explorer.state?.units ?? 0} units in ${explorer.clustering?.units.order.length ?? 0} chips`,
    );
  if (words && look.colourWords === 'speech' && look.speech) {
    title(at(words.spine), 'Words', '');
    let x = at(words.spine);
    for (const { title: name, colour } of speechLegend(theme)) {
      surface.text(x, 45, name, { family: 'interface', size: 12, weight: 600, fill: colour });
      x += measure(name, 'interface', 12, 600).width + 9;
    }
  } else if (words) {
    title(at(words.spine), 'Words', 'What moves each chip. Larger moves it more.');
  }
  caption.forEach((line, i) =>
    surface.text(MARGIN, height - 12 - (caption.length - 1 - i) * CAPTION_LINE, line, {
      family: 'interface',
      size: 11,
      fill: theme.ink3,
    }),
  );
}

/** What the colours and lines mean, in lines that end at the foot; the height of all lines but one. */
function paintLegend(
  surface: Surface,
  { part, heads, look, scene: sentence, board, width, height, caption }: Figure,
  explorer: Explorer,
): number {
  const { theme } = look;
  const scene = board?.scene ?? sentence;
  const has = (...parts: Part[]): boolean => part === 'whole' || parts.includes(part);
  type Item = { width: number; text: string; draw: (x: number, y: number) => void };
  const square = (text: string, style: Style): Item => ({
    width: 15,
    text,
    draw: (x, y) => surface.rect(x, y - 9, 10, 10, style),
  });
  const items: Item[] = [];
  if (has('sequence')) {
    const said = answerWords(explorer.model, explorer.followed);
    if (!scene.pushed) items.push(square('carried over', { fill: theme.carried }));
    items.push(
      square(scene.pushed ? said.rising : 'rising', { fill: theme.positive.mark }),
      square(scene.pushed ? said.falling : 'falling', { fill: theme.negative.mark }),
    );
    if (!scene.pushed) items.push(square('lost', { stroke: theme.ink2 }));
    const kept = (x: number, y: number): void => {
      surface.rect(x, y - 6, 14, 4, { fill: theme.keptTrack });
      surface.rect(x + 3, y - 6, 8, 4, { fill: theme.kept });
    };
    items.push({ width: 20, text: 'share kept', draw: kept });
    const losses = weightTint(1, theme);
    if (losses && heads.some(({ head }) => head.values && !head.signed))
      items.push(square('words of a larger loss', { fill: losses }));
    if (sentence.columns.sequence?.attention)
      items.push({ width: 20, text: 'attention', draw: (x, y) => surface.rect(x, y - 8, 14, 7, { fill: theme.ink3 }) });
    if (sentence.half?.flows) {
      const ribbon = { fill: theme.kept, opacity: 0.4 };
      items.push({ width: 20, text: HANDED, draw: (x, y) => surface.rect(x, y - 8, 14, 8, ribbon) });
    }
    if (explorer.steps?.next)
      items.push({
        width: 15,
        text: 'likeliest next word',
        draw: (x, y) => surface.text(x, y, '→', { family: 'interface', size: 11, fill: theme.ink2 }),
      });
  }
  if (has('memory', 'board') && explorer.focusLabel) {
    const scale = diverging(theme);
    const ramp = (x: number, y: number): void => {
      for (let i = -10; i <= 10; i++) surface.rect(x + (i + 10) * 4, y - 8, 4, 8, { fill: scale.colour(i / 10) });
    };
    items.push({ width: 91, text: `${explorer.focusLabel}, ±${scene.colourLimit}`, draw: ramp });
  }
  if (has('board')) {
    const [up, down] = linkKeys(
      scene.links?.pushed ?? false,
      answerWords(explorer.model, explorer.followed),
      nounsOf(explorer.dataset),
    );
    for (const [text, stroke] of [
      [up, theme.positive.mark],
      [down, theme.negative.mark],
    ] as const) {
      items.push({
        width: 28,
        text,
        draw: (x, y) => surface.line(x, y - 4, x + 22, y - 4, { stroke, strokeWidth: 4 }),
      });
    }
    items.push({ width: 0, text: widestLinks(scene.linkLimits), draw: () => undefined });
  }
  const lines: (Item & { x: number; line: number })[] = [];
  let x = 24;
  let line = 0;
  for (const item of items) {
    const all = item.width + measure(item.text, 'interface', 11).width;
    if (x > 24 && x + all > width - 24) {
      x = 24;
      line += 1;
    }
    lines.push({ ...item, x, line });
    x += all + 20;
  }
  for (const item of lines) {
    const y = height - 16 - caption.length * CAPTION_LINE - (line - item.line) * LEGEND_LINE;
    item.draw(item.x, y);
    surface.text(item.x + item.width, y, item.text, { family: 'interface', size: 11, fill: theme.ink2 });
  }
  return line * LEGEND_LINE;
}

function paint(surface: Surface, made: Figure, explorer: Explorer): void {
  const { above, heads, width, look } = made;
  let y = HEAD_GAP;
  for (const head of heads) {
    paintSentenceHead(surface, head, MARGIN, y, look.theme);
    y += head.height + HEAD_GAP;
  }
  if (above) surface.line(0, above - 0.5, width, above - 0.5, { stroke: look.theme.line });
  surface.group({ translate: [0, above] }, () => paintBelow(surface, made, explorer));
}

/** The picture with its titles, its legend and its caption. */
function paintBelow(surface: Surface, made: Figure, explorer: Explorer): void {
  const { scene, board, look, clustering, top, shift } = made;
  for (let part = 0; part < made.folds; part += 1)
    surface.group({ translate: [part * scene.columns.width - shift, top] }, () => {
      if (made.part === 'board') paintBoard(surface, scene, clustering, look, null, false);
      else paintPicture(surface, foldOf(made), clustering, scrolled(made, part), null, paintHalf);
    });
  if (board)
    surface.group({ translate: [board.right, 0] }, () =>
      paintBoard(surface, board.scene, clustering, look, null, false),
    );
  paintTitles(surface, made, explorer);
  paintLegend(surface, made, explorer);
}

/** Rows of the sentence in one of its columns. */
function rowsOf({ scene, folds }: Figure): number {
  return Math.ceil((scene.sequence?.rows.length ?? 0) / folds);
}

function foldOf(made: Figure): Scene {
  const { scene, folds } = made;
  const column = scene.columns.sequence;
  if (folds === 1 || !column) return scene;
  const bottom = column.top + rowsOf(made) * column.rowPitch;
  return { ...scene, columns: { ...scene.columns, sequence: { ...column, bottom } } };
}

function scrolled(made: Figure, part: number): Look {
  const pitch = made.scene.columns.sequence?.rowPitch ?? 0;
  return { ...made.look, scroll: { ...made.look.scroll, sequence: part * rowsOf(made) * pitch } };
}

const TABLES: Record<Part, readonly string[]> = {
  whole: [''],
  sequence: ['Sequence'],
  board: ['Memory', 'Words'],
  memory: ['Memory'],
  words: ['Words'],
};

const ABOUT: Record<Part, string> = {
  whole: 'memory, words and their links',
  sequence: 'what each word did to the memory',
  board: 'chips, clouds and their links',
  memory: 'units in chips',
  words: 'words in clouds',
};

/** The picture or a part of it as a drawing. */
export async function pictureDrawing(explorer: Explorer, wish: Wish): Promise<Drawing> {
  const made = await figure(explorer, wish);
  const sentence = explorer.sentence?.text;
  return {
    width: made.width,
    height: made.above + made.height,
    background: wish.print ? 'none' : made.look.theme.background,
    title: `${explorer.model?.title ?? 'Model'}: ${ABOUT[made.part]}${sentence ? ` for “${sentence}”` : ''}`,
    link: explorer.linkAddress(),
    paint: (surface) => paint(surface, made, explorer),
  };
}

/** The numbers behind it. */
export async function pictureCsv(explorer: Explorer, wish: Wish): Promise<string> {
  const { scene, board, part } = await figure(explorer, wish);
  const whole = board ? buildScene(pictureData(explorer, null), SIZES.whole, 'wide') : scene;
  const tables = [...allTables(whole, pictureData(explorer, null), explorer.focusLabel), ...halfTables(whole)];
  return csvOf(tables.filter(({ title }) => TABLES[part].some((name) => title.startsWith(name))));
}
