import { tokens, type ThemeName } from '../../paint/colour';
import { SvgSurface } from '../../paint/surface';
import { count } from '../chart/format';
import { note } from '../chart/paintAxis';
import { boxRows } from './boxRows';
import { histogram } from './histogram';
import { paintBoxes } from './paintBoxes';
import { HISTOGRAM_HEIGHT, histogramScale, paintHistogram, paintSpread } from './paintHistogram';
import type { UnitHistogram } from '../../data/types';
import type { UnitWords } from './unitData';

const MARGIN = 24;
const WIDTH = 500;

/** Histogram and words of a unit as one figure, painted by the very code that paints the screen. */
export function unitSvg(of: UnitHistogram, words: UnitWords, extreme: number, source: string, themeName: ThemeName): string {
  const theme = tokens(themeName);
  const surface = new SvgSurface();
  const shape = histogram(of.counts, of.edges);
  const scale = histogramScale(shape, WIDTH);
  const boxes = boxRows(words.rising, words.falling);
  const heading = { family: 'interface', size: 12, weight: 600, fill: theme.ink } as const;
  let y = MARGIN;
  surface.group({ translate: [MARGIN, 0] }, () => {
    surface.text(0, (y += 20), `Unit ${of.unit}`, { ...heading, size: 20, weight: 700 });
    surface.text(0, (y += 28), 'Activation over every step', heading);
    surface.text(WIDTH, y, `${count(shape.total)} steps`, note(theme, 'right'));
    surface.group({ translate: [0, (y += 10)] }, () => {
      paintHistogram(surface, shape, scale, extreme, WIDTH, theme, null);
      paintSpread(surface, of.counts, of.edges, scale, WIDTH, theme);
    });
    surface.text(0, (y += HISTOGRAM_HEIGHT + 16), 'Words that move it most', heading);
    surface.text(WIDTH, y, 'change at the word', note(theme, 'right'));
    surface.group({ translate: [0, (y += 10)] }, () => paintBoxes(surface, boxes, WIDTH, theme, null));
    surface.text(0, (y += boxes.height + 20), source, note(theme));
  });
  return surface.document(WIDTH + 2 * MARGIN, y + MARGIN, theme.background, `rnnvis: unit ${of.unit}`);
}
