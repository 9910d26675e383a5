import { groups } from '../../model/groups';
import { colourLimit, digitsFor, mean, sum } from '../../model/scale';
import { diverging, sign, type Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import type { Explorer } from '../../state/explorer.svelte';
import { signed } from '../../wording/format';
import { callouts, type Callout } from './callout';
import type { HelpFigure } from './figures';

const CELL = 24;
const GAP = 4;
const COLUMNS = 8;
const LEFT = 110;
const TOP = 12;
const MOST = 24;

/** The chip that moves most, magnified, with its strongest squares named. */
export function memoryFigure(explorer: Explorer): HelpFigure | null {
  const { clustering, focusValues, state, view } = explorer;
  if (!clustering || !focusValues) return null;
  const pushed = explorer.pushing.shown !== null;
  const chips = groups(clustering.units).map((group) => {
    const units = group.members.map((i) => clustering.units.ids[i]!);
    return { group, units, amount: (pushed ? sum : mean)(focusValues, units) };
  });
  const chip = chips.reduce((best, c) => (Math.abs(c.amount) > Math.abs(best.amount) ? c : best), chips[0]!);
  const sorted = [...chip.units].sort((a, b) => Math.abs(focusValues[b]!) - Math.abs(focusValues[a]!));
  const shown = chip.units.length <= MOST ? chip.units : sorted.slice(0, MOST).sort((a, b) => a - b);
  const limit = colourLimit(focusValues, view.colourScale, state, explorer.pushing.shown);
  const rows = Math.ceil(shown.length / COLUMNS);
  const height = 44 + rows * (CELL + GAP) - GAP + 12;
  return {
    caption: `Chip ${chip.group.number}, ${chip.units.length} units: ${explorer.focusLabel}`,
    height: TOP + height + 12,
    paint: (surface, theme) =>
      paintChip(surface, theme, chip.group.number, chip.amount, pushed, shown, focusValues, limit, height),
  };
}

function paintChip(
  surface: Surface,
  theme: Tokens,
  number: number,
  amount: number,
  pushed: boolean,
  units: readonly number[],
  values: Float32Array,
  limit: number,
  height: number,
): void {
  const width = COLUMNS * (CELL + GAP) - GAP + 28;
  const digits = digitsFor(limit);
  const scale = diverging(theme);
  surface.roundRect(LEFT, TOP, width, height, 7, { fill: theme.surface, stroke: theme.strongLine });
  surface.text(LEFT + 14, TOP + 26, String(number), { family: 'interface', size: 14, weight: 700, fill: theme.ink });
  surface.text(LEFT + width - 14, TOP + 26, signed(amount, digits), {
    family: 'interface',
    size: 14,
    fill: sign(amount, theme).text,
    align: 'right',
    tabular: true,
  });
  const place = (i: number): { x: number; y: number } => ({
    x: LEFT + 14 + (i % COLUMNS) * (CELL + GAP),
    y: TOP + 40 + Math.floor(i / COLUMNS) * (CELL + GAP),
  });
  units.forEach((unit, i) => {
    const { x, y } = place(i);
    surface.roundRect(x, y, CELL, CELL, 3, { fill: scale.colour(values[unit]! / limit) });
  });
  const order = units.map((_, i) => i).sort((a, b) => values[units[b]!]! - values[units[a]!]!);
  const ends = order.length > 1 ? [order[0]!, order[order.length - 1]!] : order;
  const left: Callout[] = [{ text: 'chip number', y: TOP + 21 }];
  const right: Callout[] = [{ text: pushed ? 'sum of pushes' : 'mean change', y: TOP + 21 }];
  for (const i of ends) {
    const { x, y } = place(i);
    const value = values[units[i]!]!;
    surface.roundRect(x - 1, y - 1, CELL + 2, CELL + 2, 4, { stroke: theme.ink, strokeWidth: 1.5 });
    const onLeft = i % COLUMNS < Math.min(COLUMNS, units.length) / 2;
    const from = onLeft ? x - 1 : x + CELL + 1;
    const text = `unit ${units[i]!}: ${signed(value, digits)}`;
    (onLeft ? left : right).push({ text, y: y + CELL / 2, colour: sign(value, theme).text, from });
  }
  const bounds = { top: TOP, bottom: TOP + height };
  callouts(surface, left, 'left', LEFT - 2, LEFT - 16, bounds, theme);
  callouts(surface, right, 'right', LEFT + width + 2, LEFT + width + 16, bounds, theme);
}
