import type { Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import type { Explorer } from '../../state/explorer.svelte';
import { compareFigure } from './figureCompare';
import { detailsFigure } from './figureDetails';
import { memoryFigure } from './figureMemory';
import { sequenceFigure } from './figureSequence';
import { unitFigure } from './figureUnit';
import { wordsFigure } from './figureWords';
import { sideBySideFigure } from './figureSideBySide';
import type { Topic } from './titles';

/** A small annotated drawing of something that is on the screen. */
export interface HelpFigure {
  caption: string;
  height: number;
  paint: (surface: Surface, theme: Tokens) => void;
}

export const FIGURE_WIDTH = 480;

/** Null where there is nothing on the screen yet to draw. */
export async function figureFor(topic: Topic, explorer: Explorer): Promise<HelpFigure | null> {
  switch (topic) {
    case 'sequence':
      return sequenceFigure(explorer);
    case 'memory':
      return memoryFigure(explorer);
    case 'words':
      return wordsFigure(explorer);
    case 'details':
      return detailsFigure(explorer);
    case 'words-side-by-side':
      return sideBySideFigure(explorer);
    case 'compare':
      return compareFigure();
    case 'unit':
      return unitFigure(explorer);
    case 'without':
    case 'try':
    case 'units':
    case 'map':
    case 'sql':
      return null;
    case 'find-sentences':
    case 'find-concordance':
    case 'find-fires':
    case 'find-nearest':
      return null;
  }
}
