import type { Clustering } from '../../data/types';
import { buildScene, type Scene } from '../../model/scene';
import { diverging, tokens } from '../../paint/colour';
import { speechLegend } from '../../paint/speech';
import type { Drawing } from '../../paint/drawing';
import type { Style, Surface } from '../../paint/surface';
import { SvgSurface } from '../../paint/svg';
import { METHODS } from '../../data/figures';
import { fold } from '../../model/fold';
import { measure } from '../../model/text';
import type { Explorer } from '../../state/explorer.svelte';
import type { Wish } from '../../state/exporter';
import { answerWords } from '../../wording/answer';
import { percent } from '../../wording/format';
import { sequenceLine } from '../../wording/push';
import { calmLook, pictureData } from '../../ui/board/data';
import { loadEffects } from '../../state/effects';
import type { Look } from '../../paint/look';
import { paintBoard, paintPicture } from './paint';
import { csvOf } from '../../ui/board/files';
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

interface Figure {
  part: Part;
  top: number;
  scene: Scene;
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
  const top = part === 'whole' ? 0 : TITLE;
  const { width: own, height: least } = SIZES[part];
  const length = explorer.sentence?.tokens.length ?? 0;
  const rows = part === 'whole' || part === 'sequence' ? length : 0;
  const folds = part === 'sequence' && !data.second ? Math.max(1, Math.ceil(length / FOLDED)) : 1;
  const height = Math.max(least, 74 + rows * 48 + 12);
  const built = buildScene(data, { width: own, height }, part === 'whole' || part === 'board' ? 'wide' : part);
  const full = Math.max(height, built.boardHeight);
  const scene = { ...built, columns: { ...built.columns, height: full } };
  const look = calmLook(explorer, effects);
  if (print) look.theme = tokens('light');
  const shift = part === 'board' ? (scene.columns.memory?.x ?? MARGIN) - MARGIN : 0;
  const width = own * folds - shift;
  const column = scene.columns.sequence;
  const tall = folds > 1 && column ? column.top + Math.ceil(length / folds) * column.rowPitch + 12 : full;
  const used = part === 'sequence' || part === 'whole' ? tall : scene.boardHeight + 24;
  const caption = captionOf(explorer, part, width - 2 * MARGIN);
  const made = { part, top, scene, look, clustering: explorer.clustering, width, shift, folds, caption, height: 0 };
  const foot =
    FOOT + caption.length * CAPTION_LINE + paintLegend(new SvgSurface(), { ...made, height: 1000 }, explorer);
  return { ...made, height: Math.ceil(top + used + foot) };
}

/** What is shown, of what, and where it can be found again: in lines, nothing cut. */
function captionOf(explorer: Explorer, part: Part, width: number): string[] {
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
  const said = sentence && part !== 'words' ? [`“${sentence.text}”`] : [];
  return [...said, of.filter(Boolean).join(' · '), key.filter(Boolean).join(' · ')].flatMap((line) =>
    fold(line, width, 'interface', 11),
  );
}

function paintTitles(
  surface: Surface,
  { part, scene, look, height, shift, caption }: Figure,
  explorer: Explorer,
): void {
  const { theme } = look;
  const { sequence, memory, words } = scene.columns;
  const at = (x: number): number => (part === 'whole' || part === 'board' ? x - shift : MARGIN);
  const title = (x: number, name: string, about: string): void => {
    surface.text(x, 27, name, { family: 'interface', size: 14, weight: 650, fill: theme.ink });
    surface.text(x, 45, about, { family: 'interface', size: 12, fill: theme.ink3 });
  };
  if (sequence && part !== 'board') title(at(sequence.x), 'Sequence', sequenceLine(explorer));
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
  { part, look, scene, width, height, caption }: Figure,
  explorer: Explorer,
): number {
  const { theme } = look;
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
    if (scene.columns.sequence?.attention)
      items.push({ width: 20, text: 'attention', draw: (x, y) => surface.rect(x, y - 8, 14, 7, { fill: theme.ink3 }) });
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
    for (const [text, stroke] of [
      ['words raise chip', theme.positive.mark],
      ['words lower chip', theme.negative.mark],
    ] as const) {
      items.push({
        width: 28,
        text,
        draw: (x, y) => surface.line(x, y - 4, x + 22, y - 4, { stroke, strokeWidth: 4 }),
      });
    }
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
  const { scene, look, clustering, top, shift } = made;
  for (let part = 0; part < made.folds; part += 1)
    surface.group({ translate: [part * SIZES[made.part].width - shift, top] }, () => {
      if (made.part === 'board') paintBoard(surface, scene, clustering, look, null, false);
      else paintPicture(surface, foldOf(made), clustering, scrolled(made, part), null);
    });
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
    height: made.height,
    background: wish.print ? 'none' : made.look.theme.background,
    title: `${explorer.model?.title ?? 'Model'}: ${ABOUT[made.part]}${sentence ? ` for “${sentence}”` : ''}`,
    link: explorer.linkAddress(),
    paint: (surface) => paint(surface, made, explorer),
  };
}

/** The numbers behind it. */
export async function pictureCsv(explorer: Explorer, wish: Wish): Promise<string> {
  const { scene, part } = await figure(explorer, wish);
  const tables = allTables(scene, pictureData(explorer, null), explorer.focusLabel);
  return csvOf(tables.filter(({ title }) => TABLES[part].some((name) => title.startsWith(name))));
}
