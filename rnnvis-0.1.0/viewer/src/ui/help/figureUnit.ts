import { scaleLinear } from 'd3-scale';
import { mix, sign } from '../../paint/colour';
import type { Explorer } from '../../state/explorer.svelte';
import { axisOver } from '../../model/axis';
import { tick } from '../../wording/format';
import { axisText } from '../../paint/paintAxis';
import type { HelpFigure } from './figures';

const Y = 66;
const HALF = 14;

/** The box of the word that raises the opened unit most, magnified. */
export async function unitFigure(explorer: Explorer): Promise<HelpFigure | null> {
  const { source, state, vocabulary, view } = explorer;
  const unit = view.units[0];
  if (!source || !state || !vocabulary || unit === undefined) return null;
  const row = (await source.units(state)).find((candidate) => candidate.unit === unit);
  for (const wordId of row?.topWords ?? []) {
    const [response, quantiles] = await Promise.all([source.response(state, wordId), source.quantiles(state, wordId)]);
    if (!response || !quantiles) continue;
    const q = (['q09', 'q25', 'q50', 'q75', 'q91'] as const).map((name) => quantiles[name][unit]!) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const mean = response.mean[unit]!;
    return {
      caption: `Change of unit ${unit} at “${vocabulary.text[wordId]!}”`,
      height: 136,
      paint: (surface, theme) => {
        const pad = 0.12 * (q[4] - q[0]);
        const axis = axisOver(q[0] - pad, q[4] + pad, 5);
        const x = scaleLinear([axis.low, axis.high], [30, 450]);
        const { mark } = sign(mean, theme);
        for (const value of axis.ticks) {
          surface.line(x(value), 36, x(value), 104, { stroke: value === 0 ? theme.strongLine : theme.line });
          surface.text(x(value), 120, tick(value, axis.digits), axisText(theme, 'center'));
        }
        const label = (at: number, y: number, text: string): void => {
          const align = at < 60 ? 'left' : at > 420 ? 'right' : 'center';
          surface.text(at, y, text, { family: 'interface', size: 12, fill: theme.ink2, align, halo: theme.surface });
        };
        surface.line(x(q[0]), Y, x(q[4]), Y, { stroke: mark, strokeWidth: 1.6 });
        surface.roundRect(x(q[1]), Y - HALF, x(q[3]) - x(q[1]), 2 * HALF, 2, {
          fill: mix(theme.surface, mark, 0.4),
          stroke: mark,
        });
        surface.line(x(q[2]), Y - HALF, x(q[2]), Y + HALF, { stroke: mark, strokeWidth: 1.6 });
        surface.circle(x(mean), Y, 5, { fill: theme.surface, stroke: mark, strokeWidth: 2 });
        surface.line(x(q[2]), Y - HALF - 2, x(q[2]), 32, { stroke: theme.strongLine });
        surface.line(x(mean), Y + 7, x(mean), 92, { stroke: theme.strongLine });
        label((x(q[1]) + x(q[3])) / 2, 14, 'box: half of the uses');
        label(x(q[2]), 29, 'median');
        label(x(mean), 102, 'mean');
        label(x(q[0]), Y - HALF - 4, '9th pct.');
        label(x(q[4]), Y - HALF - 4, '91st pct.');
      },
    };
  }
  return null;
}
