import type { Clustering } from '../../data/types';
import { pairedRows, shifts } from '../../model/pair';
import { buildScene, type Scene } from '../../model/scene';
import { diverging } from '../../paint/colour';
import { speechLegend } from '../../paint/speech';
import { CanvasSurface, SvgSurface, type Style, type Surface } from '../../paint/surface';
import { measure } from '../../paint/text';
import type { Explorer } from '../../state/explorer.svelte';
import { percent } from '../chart/format';
import { aboutSentence } from '../sequence/offers';
import { calmLook, pictureData } from './data';
import { loadEffects } from './effects';
import type { Look } from './look';
import { paintPicture } from './paint';
import { allTables, type TwinTable } from './tables';

export type PictureFormat = 'svg' | 'png' | 'csv';

const WIDTH = 1056;
/** Two sentences and the strip of their difference. */
const PAIRED_WIDTH = 1320;
const DIFFERENCE = 104;
const LEAST_HEIGHT = 772;
const FOOT = 54;
const PNG_SCALE = 2;

interface Figure {
  scene: Scene;
  look: Look;
  clustering: Clustering | null;
  width: number;
  height: number;
}

/** The whole picture at its own size: a long sentence is not cut. */
async function figure(explorer: Explorer): Promise<Figure> {
  const effects = explorer.view.colourWords === 'class' ? await loadEffects(explorer).catch(() => null) : null;
  const data = pictureData(explorer, null);
  const { second } = data;
  const length = explorer.sentence?.tokens.length ?? 0;
  const rows = second ? pairedRows(length, second.sentence.tokens.length, shifts(data.step, second.step)) : length;
  const width = second ? PAIRED_WIDTH : WIDTH;
  const height = Math.max(LEAST_HEIGHT, 74 + rows * 48 + 12 + (second ? DIFFERENCE : 0));
  const scene = buildScene(data, { width, height }, 'wide');
  return { scene, look: calmLook(explorer, effects), clustering: explorer.clustering, width, height: Math.max(height, scene.boardHeight) + FOOT };
}

function paintTitles(surface: Surface, { scene, look, height }: Figure, explorer: Explorer): void {
  const { theme } = look;
  const { sequence, memory, words } = scene.columns;
  const title = (x: number, name: string, about: string): void => {
    surface.text(x, 27, name, { family: 'interface', size: 14, weight: 650, fill: theme.ink });
    surface.text(x, 45, about, { family: 'interface', size: 12, fill: theme.ink3 });
  };
  const { second } = scene.columns;
  if (sequence) title(sequence.x, second ? 'Sentence 1' : 'Sequence', 'What each word did to the memory');
  if (second && explorer.second) title(second.x, 'Sentence 2', aboutSentence(explorer, explorer.second.sentence));
  if (memory) title(memory.x, 'Memory', `${explorer.state?.units ?? 0} units in ${explorer.clustering?.units.order.length ?? 0} chips`);
  if (words && look.colourWords === 'speech' && look.speech) {
    title(words.spine, 'Words', '');
    let x = words.spine;
    for (const { title: name, colour } of speechLegend(theme)) {
      surface.text(x, 45, name, { family: 'interface', size: 12, weight: 600, fill: colour });
      x += measure(name, 'interface', 12, 600).width + 9;
    }
  } else if (words) {
    title(words.spine, 'Words', 'What moves each chip. Larger moves it more.');
  }
  const quality = explorer.clustering?.quality;
  const parts = [explorer.dataset?.title, explorer.model?.title, explorer.state?.title];
  if (quality && Number.isFinite(quality.heldOutR2)) parts.push(`${percent(quality.heldOutR2)} of held-out responses explained`);
  surface.text(24, height - 12, parts.filter(Boolean).join(' · '), { family: 'interface', size: 11, fill: theme.ink3 });
}

/** What the colours and lines mean, along the bottom. */
function paintLegend(surface: Surface, { look, scene, height }: Figure, explorer: Explorer): void {
  const { theme } = look;
  const y = height - 32;
  let x = 24;
  const label = (text: string, gap = 18): void => {
    surface.text(x, y, text, { family: 'interface', size: 11, fill: theme.ink2 });
    x += measure(text, 'interface', 11).width + gap;
  };
  const square = (style: Style): void => {
    surface.rect(x, y - 9, 10, 10, style);
    x += 15;
  };
  square({ fill: theme.carried });
  label('carried over');
  square({ fill: theme.positive.mark });
  label('rising');
  square({ fill: theme.negative.mark });
  label('falling');
  square({ stroke: theme.ink2 });
  label('lost');
  surface.rect(x, y - 6, 14, 4, { fill: theme.keptTrack });
  surface.rect(x + 3, y - 6, 8, 4, { fill: theme.kept });
  x += 20;
  label('share kept', 28);
  if (explorer.focusLabel) {
    const scale = diverging(theme);
    for (let i = -10; i <= 10; i++) surface.rect(x + (i + 10) * 4, y - 8, 4, 8, { fill: scale.colour(i / 10) });
    x += 91;
    label(`${explorer.focusLabel}, ±${scene.colourLimit}`, 28);
  }
  for (const [text, colour] of [
    ['words raise chip', theme.positive.mark],
    ['words lower chip', theme.negative.mark],
  ] as const) {
    surface.line(x, y - 4, x + 22, y - 4, { stroke: colour, strokeWidth: 4 });
    x += 28;
    label(text);
  }
}

function paint(surface: Surface, made: Figure, explorer: Explorer): void {
  paintPicture(surface, made.scene, made.clustering, made.look, null);
  paintTitles(surface, made, explorer);
  paintLegend(surface, made, explorer);
}

function csvField(text: string): string {
  const safe = /^[=+@\t\r]|^-(?!\d)/.test(text) && !/^[+-]?\d/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/** Tables under each other, a blank line between; minus signs plain, so that spreadsheets read numbers. */
export function csvOf(tables: readonly TwinTable[]): Blob {
  const line = (cells: string[]): string => cells.map((cell) => csvField(cell.replace(/\u2212/g, '-').replace(/ %$/, '%'))).join(',');
  const text = tables
    .map((table) => [line([table.title]), line(table.head), ...table.rows.map(line)].join('\r\n'))
    .join('\r\n\r\n')
    .concat('\r\n');
  return new Blob([text], { type: 'text/csv;charset=utf-8' });
}

/** What `paint` draws, as PNG at twice its size. */
export function pngOf(width: number, height: number, background: string, paint: (surface: CanvasSurface) => void): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = width * PNG_SCALE;
  canvas.height = height * PNG_SCALE;
  const context = canvas.getContext('2d');
  if (!context) return Promise.reject(new Error('The browser gives no canvas to draw on'));
  context.scale(PNG_SCALE, PNG_SCALE);
  context.fillStyle = background;
  context.fillRect(0, 0, width, height);
  paint(new CanvasSurface(context, PNG_SCALE));
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The picture is too large for this browser to save as PNG'))), 'image/png'),
  );
}

/** The picture as a file: SVG whose text is text, PNG at twice the size, or the numbers as CSV. */
export async function exportPicture(explorer: Explorer, format: PictureFormat): Promise<Blob> {
  const made = await figure(explorer);
  if (format === 'csv') return csvOf(allTables(made.scene, pictureData(explorer, null), explorer.focusLabel));
  if (format === 'png') return pngOf(made.width, made.height, made.look.theme.background, (surface) => paint(surface, made, explorer));
  const surface = new SvgSurface();
  paint(surface, made, explorer);
  const sentence = explorer.sentence?.text;
  const name = `${explorer.model?.title ?? 'Model'}: memory, words and their links${sentence ? ` for “${sentence}”${explorer.second ? ` and “${explorer.second.sentence.text}”` : ''}` : ''}`;
  return new Blob([surface.document(made.width, made.height, made.look.theme.background, name)], { type: 'image/svg+xml;charset=utf-8' });
}
