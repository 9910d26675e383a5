import type { Clustering } from '../../data/types';
import { buildScene, type Scene } from '../../model/scene';
import { diverging, tokens } from '../../paint/colour';
import { speechLegend } from '../../paint/speech';
import { SvgSurface, type Style, type Surface } from '../../paint/surface';
import { fit, measure } from '../../model/text';
import type { Explorer, FileFormat } from '../../state/explorer.svelte';
import { answerWords } from '../../wording/answer';
import { percent } from '../../wording/format';
import { sequenceLine } from '../../wording/push';
import { calmLook, pictureData } from '../../ui/board/data';
import { loadEffects } from '../../state/effects';
import type { Look } from '../../paint/look';
import { paintPicture } from './paint';
import { csvOf, pngOf } from '../../ui/board/files';
import { allTables } from '../../ui/board/tables';

export type Part = 'whole' | 'sequence' | 'memory' | 'words';

export interface Wish {
  part: Part;
  format: FileFormat;
  /** Light and on nothing, for paper, whatever the theme. */
  print: boolean;
}

/** Width and least height of each figure, in CSS pixels. */
const SIZES: Record<Part, { width: number; height: number }> = {
  whole: { width: 1056, height: 772 },
  sequence: { width: 560, height: 200 },
  memory: { width: 420, height: 420 },
  words: { width: 560, height: 772 },
};
/** Room for the title of a part that stands alone. */
const TITLE = 56;
const LEGEND_LINE = 18;

const FOOT = 68;

interface Figure {
  part: Part;
  top: number;
  scene: Scene;
  look: Look;
  clustering: Clustering | null;
  width: number;
  height: number;
}

/** The picture, or a part of it, at its own size: a long sentence is not cut. */
async function figure(explorer: Explorer, { part, print }: Wish): Promise<Figure> {
  const effects = explorer.view.colourWords === 'class' ? await loadEffects(explorer).catch(() => null) : null;
  const data = pictureData(explorer, null);
  const top = part === 'whole' ? 0 : TITLE;
  const { width, height: least } = SIZES[part];
  const rows = part === 'whole' || part === 'sequence' ? (explorer.sentence?.tokens.length ?? 0) : 0;
  const height = Math.max(least, 74 + rows * 48 + 12);
  const scene = buildScene(data, { width, height }, part === 'whole' ? 'wide' : part);
  const look = calmLook(explorer, effects);
  if (print) look.theme = tokens('light');
  const used = part === 'memory' || part === 'words' ? scene.boardHeight + 24 : Math.max(height, scene.boardHeight);
  const figure = { part, top, scene, look, clustering: explorer.clustering, width, height: 0 };
  const foot = FOOT + paintLegend(new SvgSurface(), { ...figure, height: 1000 }, explorer);
  return { ...figure, height: Math.ceil(top + used + foot) };
}

function paintTitles(surface: Surface, { part, scene, look, height, width }: Figure, explorer: Explorer): void {
  const { theme } = look;
  const { sequence, memory, words } = scene.columns;
  const at = (x: number): number => (part === 'whole' ? x : 24);
  const title = (x: number, name: string, about: string): void => {
    surface.text(x, 27, name, { family: 'interface', size: 14, weight: 650, fill: theme.ink });
    surface.text(x, 45, about, { family: 'interface', size: 12, fill: theme.ink3 });
  };
  if (sequence) title(at(sequence.x), 'Sequence', sequenceLine(explorer));
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
  const quality = explorer.clustering?.quality;
  const parts = [explorer.dataset?.title, explorer.model?.title, explorer.state?.title];
  if (quality && Number.isFinite(quality.heldOutR2))
    parts.push(`${percent(quality.heldOutR2)} of held-out responses explained`);
  const key = [
    explorer.sentence ? `sentence ${explorer.sentence.key}` : '',
    `${explorer.view.k} clusters`,
    `model ${explorer.model?.hash ?? ''}`,
    'rnnvis',
  ];
  const note = { family: 'interface', size: 11, fill: theme.ink3 } as const;
  surface.text(24, height - 28, fit(parts.filter(Boolean).join(' · '), width - 48, 'interface', 11), note);
  surface.text(24, height - 12, fit(key.filter(Boolean).join(' · '), width - 48, 'interface', 11), note);
}

/** What the colours and lines mean, in lines that end at the foot; the height of all lines but one. */
function paintLegend(surface: Surface, { part, look, scene, width, height }: Figure, explorer: Explorer): number {
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
  if (has('memory') && explorer.focusLabel) {
    const scale = diverging(theme);
    const ramp = (x: number, y: number): void => {
      for (let i = -10; i <= 10; i++) surface.rect(x + (i + 10) * 4, y - 8, 4, 8, { fill: scale.colour(i / 10) });
    };
    items.push({ width: 91, text: `${explorer.focusLabel}, ±${scene.colourLimit}`, draw: ramp });
  }
  if (part === 'whole') {
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
    const y = height - 48 - (line - item.line) * LEGEND_LINE;
    item.draw(item.x, y);
    surface.text(item.x + item.width, y, item.text, { family: 'interface', size: 11, fill: theme.ink2 });
  }
  return line * LEGEND_LINE;
}

function paint(surface: Surface, made: Figure, explorer: Explorer): void {
  surface.group({ translate: [0, made.top] }, () =>
    paintPicture(surface, made.scene, made.clustering, made.look, null),
  );
  paintTitles(surface, made, explorer);
  paintLegend(surface, made, explorer);
}

const TABLES: Record<Part, string> = { whole: '', sequence: 'Sequence', memory: 'Memory', words: 'Words' };

const ABOUT: Record<Part, string> = {
  whole: 'memory, words and their links',
  sequence: 'what each word did to the memory',
  memory: 'units in chips',
  words: 'words in clouds',
};

/** The picture or a part of it as a file: SVG whose text is text, PNG at twice the size, or the numbers as CSV. */
export async function exportPicture(explorer: Explorer, wish: Wish): Promise<Blob> {
  const made = await figure(explorer, wish);
  const background = wish.print ? 'none' : made.look.theme.background;
  if (wish.format === 'csv') {
    const tables = allTables(made.scene, pictureData(explorer, null), explorer.focusLabel);
    return csvOf(tables.filter(({ title }) => title.startsWith(TABLES[wish.part])));
  }
  if (wish.format === 'png')
    return pngOf(made.width, made.height, background, (surface) => paint(surface, made, explorer));
  const surface = new SvgSurface();
  paint(surface, made, explorer);
  const sentence = explorer.sentence?.text;
  const name = `${explorer.model?.title ?? 'Model'}: ${ABOUT[wish.part]}${sentence ? ` for “${sentence}”` : ''}`;
  return new Blob([surface.document(made.width, made.height, background, name, explorer.linkAddress())], {
    type: 'image/svg+xml;charset=utf-8',
  });
}
