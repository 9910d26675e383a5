import type { Cell } from '../model/cells';
import type { Chip, Chips } from '../model/chips';
import { digitsFor } from '../model/scale';
import type { Scene } from '../model/scene';
import { diverging, sign } from './colour';
import type { Surface } from './surface';
import { signed } from '../wording/format';
import { activeChip, type Look } from './look';
import { paintHatch, strikeOut } from './hatch';

const RADIUS = 7;

function paintFrame(surface: Surface, chip: Chip, look: Look): void {
  const { theme } = look;
  const hovered = activeChip(look) === chip.group.cluster;
  const held = look.held?.kind === 'chip' && look.held.cluster === chip.group.cluster;
  const marked = hovered || held;
  const { x, y, width, height } = chip;
  const inset = marked ? 0 : 0.5;
  surface.roundRect(x + inset, y + inset, width - 2 * inset, height - 2 * inset, RADIUS, {
    fill: theme.surface,
    stroke: marked ? theme.ink : chip.group.unstable ? theme.grey : theme.strongLine,
    strokeWidth: marked ? 2 : 1,
    ...(chip.group.unstable ? { dash: [4, 3] } : {}),
  });
}

function paintLabels(surface: Surface, chip: Chip, chips: Chips, limit: number, look: Look): void {
  const { theme } = look;
  const middle = chip.y + chip.height / 2 + 4;
  const y = chips.inline ? middle : chip.y + (chips.cell >= 16 ? 19 : 15);
  surface.text(chip.x + 10, y, String(chip.group.number), {
    family: 'interface',
    size: 12,
    weight: 700,
    fill: theme.ink,
    tabular: true,
  });
  const note = look.chipNotes?.get(chip.group.cluster);
  if (note) {
    surface.text(chip.x + chip.width - 10, y, note.text, {
      family: 'interface',
      size: 11,
      weight: note.strong ? 650 : 400,
      fill: note.strong ? theme.ink : theme.ink3,
      align: 'right',
      tabular: true,
    });
  }
  if (note || !Number.isFinite(chip.amount)) return;
  surface.text(chip.x + chip.width - 10, y, signed(chip.amount, digitsFor(limit)), {
    family: 'interface',
    size: chips.inline ? 11 : 12,
    fill: sign(chip.amount, theme).text,
    align: 'right',
    tabular: true,
  });
}

function radius(cell: number): number {
  return cell >= 9 ? 2 : cell >= 5 ? 1 : 0;
}

/** Where the unit was in the picture before, while it is on its way to its place in this one. */
export type Before = ReadonlyMap<number, { x: number; y: number }>;

function paintCells(
  surface: Surface,
  chip: Chip,
  chips: Chips,
  limit: number,
  look: Look,
  before: Before | null,
): void {
  const scale = diverging(look.theme);
  const colour = (cell: Cell): string => scale.colour(cell.value / limit);
  if (!before) {
    const { x, y, columns } = chip.cells.grid;
    const colours = Array.from({ length: chip.cells.length }, (_, i) => scale.colour(chip.cells.value(i) / limit));
    surface.cells({ x, y, columns, cell: chips.cell, gap: chips.gap, radius: radius(chips.cell), colours });
    return;
  }
  for (const cell of chip.cells) {
    const from = before.get(cell.unit) ?? cell;
    const x = from.x + (cell.x - from.x) * look.progress;
    const y = from.y + (cell.y - from.y) * look.progress;
    surface.roundRect(x, y, chips.cell, chips.cell, radius(chips.cell), { fill: colour(cell) });
  }
}

function paintMarks(surface: Surface, chip: Chip, chips: Chips, look: Look): void {
  const { theme, hover } = look;
  const hovered = hover?.kind === 'chip' ? hover.unit : null;
  for (const unit of new Set([...look.units, ...(hovered === null ? [] : [hovered])])) {
    const cell = chip.cells.of(unit);
    if (!cell) continue;
    surface.roundRect(cell.x - 1, cell.y - 1, chips.cell + 2, chips.cell + 2, radius(chips.cell) + 1, {
      stroke: theme.ink,
      strokeWidth: 2,
    });
  }
}

export function paintChips(surface: Surface, scene: Scene, look: Look, before: Before | null): void {
  const { chips, colourLimit } = scene;
  if (!chips) return;
  surface.group({ name: 'memory' }, () => {
    for (const chip of chips.list) paintFrame(surface, chip, look);
    for (const chip of chips.list) {
      const off = scene.switched?.has(chip.group.cluster) ?? false;
      if (off) paintHatch(surface, chip, look.theme);
      paintLabels(surface, chip, chips, colourLimit, look);
      if (off) strikeOut(surface, chip, chips, look.theme);
      paintCells(surface, chip, chips, colourLimit, look, before);
      paintMarks(surface, chip, chips, look);
    }
  });
}

/** “chip” and what its number is above the chips. */
export function paintChipsHead(surface: Surface, scene: Scene, look: Look): void {
  const { chips, columns } = scene;
  const column = columns.memory;
  if (!chips || !column || !columns.sequence) return;
  const label = { family: 'interface', size: 12, fill: look.theme.ink3 } as const;
  surface.text(column.x + 1, columns.sequence.top - 2, 'chip', label);
  surface.text(
    column.x + column.width - 1,
    columns.sequence.top - 2,
    look.shown === 'difference' ? '1 minus 2' : scene.pushed ? 'push' : 'mean change',
    { ...label, align: 'right' },
  );
}
