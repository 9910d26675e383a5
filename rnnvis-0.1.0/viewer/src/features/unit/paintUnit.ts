import { tokens, type ThemeName, type Tokens } from '../../paint/colour';
import type { Drawing } from '../../paint/drawing';
import type { Surface } from '../../paint/surface';
import { SvgSurface } from '../../paint/svg';
import { fit } from '../../model/text';
import { count } from '../../wording/format';
import { note } from '../../paint/paintAxis';
import { boxRows } from './boxRows';
import { histogram } from '../../model/histogram';
import { paintAlongSection, type AlongFigure } from './paintAlong';
import { paintBoxes } from './paintBoxes';
import { gatesHeight, paintGates } from './paintGates';
import { HISTOGRAM_HEIGHT, histogramScale, paintHistogram, paintSpread } from './paintHistogram';
import { FEATURES } from '../../data/figures';
import { FEATURE_ORDER, type Gate } from '../../data/measured';
import type { UnitHistogram, UnitRow } from '../../data/types';
import { bits } from '../../wording/numbers';
import { moves, valueName } from '../../wording/told';
import type { NextWords, UnitWords } from './unitData';

const MARGIN = 24;
const WIDTH = 500;

export interface UnitFigure {
  of: UnitHistogram;
  words: UnitWords;
  extreme: number;
  row: UnitRow | null;
  gates: readonly Gate[];
  next: NextWords | null;
  /** The chosen units along the sentence of the picture; null where there is none. */
  along: AlongFigure | null;
  /** Dataset, model and state, in words. */
  source: string;
}

/** What the unit tells and what happens without it, a line each. */
function lines({ row, next }: UnitFigure): string[] {
  const told = FEATURE_ORDER.flatMap((feature) => {
    const of = row?.told?.[feature];
    if (!of) return [];
    return [
      `Tells the ${FEATURES[feature].about}: ${bits(of.bits)} (chance ${bits(of.shuffled)}), highest at ${valueName(feature, of.highest)}`,
    ];
  });
  return [
    ...(next
      ? [`Makes likelier next: ${next.raises.join(', ')}`, `Makes unlikelier next: ${next.lowers.join(', ')}`]
      : []),
    ...told,
    ...(row?.without ? [`Without it the loss ${moves(row.without)} nats`] : []),
  ];
}

/** Histogram and words of a unit as one figure, painted by the very code that paints the screen; gives its height. */
function paintUnit(surface: Surface, figure: UnitFigure, theme: Tokens): number {
  const { of, words, extreme, gates, along, source } = figure;
  const shape = histogram(of.counts, of.edges);
  const scale = histogramScale(shape, WIDTH);
  const boxes = boxRows(words.rising, words.falling);
  const heading = { family: 'interface', size: 12, weight: 600, fill: theme.ink } as const;
  let y = MARGIN;
  surface.group({ translate: [MARGIN, 0] }, () => {
    surface.text(0, (y += 20), `Unit ${of.unit}`, { ...heading, size: 20, weight: 700 });
    for (const line of lines(figure))
      surface.text(0, (y += 18), fit(line, WIDTH, 'interface', 11), { ...note(theme), fill: theme.ink2 });
    if (gates.length) {
      surface.text(0, (y += 28), 'Gates', heading);
      surface.group({ translate: [0, (y += 6)] }, () => paintGates(surface, gates, WIDTH, theme, null));
      y += gatesHeight(gates);
    }
    if (along) {
      surface.text(0, (y += 28), 'Along the sentence of the picture', heading);
      const from = (y += 4);
      surface.group({ translate: [0, from] }, () => (y += paintAlongSection(surface, along, WIDTH, theme)));
    }
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
  return y + MARGIN;
}

export function unitDrawing(figure: UnitFigure, themeName: ThemeName): Drawing {
  const theme = tokens(themeName);
  return {
    width: WIDTH + 2 * MARGIN,
    height: paintUnit(new SvgSurface(), figure, theme),
    background: theme.background,
    title: `rnnvis: unit ${figure.of.unit}`,
    paint: (surface) => paintUnit(surface, figure, theme),
  };
}
