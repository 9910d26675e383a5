import { scaleLinear } from 'd3-scale';
import { weighted, weightedWord } from '../../model/push';
import { change } from '../../model/sequence';
import { sign } from '../../paint/colour';
import type { Explorer } from '../../state/explorer.svelte';
import { axisOver, extentOf } from '../../model/axis';
import { signed } from '../../wording/format';
import { paintUprightAxis } from '../../paint/paintAxis';
import { strongestStep } from '../../model/order';
import { boxesOf } from '../../model/stepChart';
import { callouts, type Callout } from './callout';
import type { HelpFigure } from './figures';

const TOP = 8;
const BOTTOM = 158;
const CENTRE = 196;
const HALF = 26;

/** One column of the chart, magnified: the unit whose dot lies farthest outside its box. */
export async function detailsFigure(explorer: Explorer): Promise<HelpFigure | null> {
  const { source, state, sentence, sequence, vocabulary } = explorer;
  if (!source || !state || !sentence || !sequence || !vocabulary) return null;
  const step = explorer.step ?? strongestStep(sequence);
  const wordId = sentence.tokens[step]!;
  const [usual, range] = await Promise.all([source.response(state, wordId), source.quantiles(state, wordId)]);
  const weights = explorer.pushing.shown;
  const known = { response: usual, quantiles: range };
  const { response, quantiles } = weights ? weightedWord(known, weights) : known;
  const moved = change(sequence, step);
  const actual = weights ? weighted(moved, weights) : moved;
  const boxes = boxesOf(response, quantiles);
  if (!response || boxes.basis === 'none') return null;
  const away = (unit: number): number => {
    const [low, high] = boxes.inner(Int32Array.of(unit))!;
    return Math.max(low - actual[unit]!, actual[unit]! - high);
  };
  const unit = [...actual.keys()].reduce((best, candidate) => (away(candidate) > away(best) ? candidate : best), 0);
  const column = Int32Array.of(unit);
  const inner = boxes.inner(column)!;
  const outer = boxes.outer(column);
  const [low, high] = extentOf(inner, outer, [actual[unit]!, 0])!;
  const axis = axisOver(low, high, 4);
  const y = scaleLinear([axis.low, axis.high], [BOTTOM, TOP]);
  return {
    caption: `Unit ${unit} at “${vocabulary.text[wordId]!}”: one column of the chart`,
    height: 172,
    paint: (surface, theme) => {
      paintUprightAxis(surface, axis, y, { left: 44, right: 340 }, theme);
      const box = (span: readonly [number, number], fill: string): void =>
        surface.rect(CENTRE - HALF, y(span[1]), 2 * HALF, Math.max(1, y(span[0]) - y(span[1])), { fill });
      if (outer) box(outer, theme.keptTrack);
      box(inner, theme.grey);
      surface.circle(CENTRE, y(actual[unit]!), 7.5, { fill: theme.surface });
      surface.circle(CENTRE, y(actual[unit]!), 6, { fill: sign(actual[unit]!, theme).mark });
      const notes: Callout[] = [
        {
          text: `this step, ${signed(actual[unit]!, 3)}`,
          y: y(actual[unit]!),
          colour: sign(actual[unit]!, theme).text,
        },
      ];
      if (outer) {
        notes.push(
          { text: 'half of the uses', y: y((inner[0] + inner[1]) / 2) },
          { text: '9th percentile', y: y(outer[0]) },
          { text: '91st percentile', y: y(outer[1]) },
        );
      } else {
        notes.push({ text: 'mean ± 2 standard errors', y: y((inner[0] + inner[1]) / 2) });
      }
      callouts(surface, notes, 'right', CENTRE + HALF + 4, 352, { top: 0, bottom: 172 }, theme);
    },
  };
}
