import type { Bar } from '../../model/bars';
import { TRAY } from '../../model/compareLayout';
import type { CompareScene } from '../../model/compareScene';
import { WEAK } from '../../model/matching';
import type { SequenceColumn } from '../../model/layout';
import type { Row } from '../../model/sequenceScene';
import type { Surface } from '../../paint/surface';
import type { Look } from '../../paint/look';

function outline(surface: Surface, bar: Bar, x: number, width: number, y: number, scale: number, look: Look): void {
  const { theme } = look;
  for (const piece of bar.pieces) {
    const top = y - Math.max(piece.from, piece.to) * scale;
    const height = Math.abs(piece.to - piece.from) * scale;
    if (height < 0.6) continue;
    const stroke = piece.kind === 'carried' ? theme.ink2 : (piece.rising ? theme.positive : theme.negative).text;
    if (height < 2.5) surface.rect(x, top, width, height, { fill: stroke });
    else {
      surface.rect(x + 0.75, top + 0.75, width - 1.5, height - 1.5, {
        fill: theme.background,
        stroke,
        strokeWidth: 1.5,
        ...(piece.kind === 'lost' ? { dash: [2, 2] } : {}),
      });
    }
  }
}

/** B's bars beside A's, as outlines. */
export function paintOutlines(surface: Surface, row: Row, column: SequenceColumn, scale: number, look: Look): void {
  const { glyphX, pitch, bar: width } = column;
  row.bars.forEach((bar, i) => outline(surface, bar, glyphX + i * pitch, width, row.y, scale, look));
  const right = glyphX + (row.bars.length - 1) * pitch + width;
  surface.rect(glyphX, row.y - 0.5, right - glyphX + 3, 1, { fill: look.theme.grey });
}

const WIDEST = 7;

/** A frame around each pair of chips, joined by a bridge as wide as their match is strong; dashed where it is weak. */
export function paintTrays(
  surface: Surface,
  scene: CompareScene,
  strengths: ReadonlyMap<number, number>,
  look: Look,
): void {
  const { theme } = look;
  const b = scene.b.chips?.list ?? [];
  (scene.a.chips?.list ?? []).forEach((chip, i) => {
    const partner = b[i];
    if (!partner) return;
    const y = Math.min(chip.y, partner.y) - 3;
    const bottom = Math.max(chip.y + chip.height, partner.y + partner.height) + 3;
    surface.roundRect(chip.x - TRAY, y, partner.x + partner.width - chip.x + 2 * TRAY, bottom - y, 10, {
      fill: theme.sunken,
    });
    const strength = strengths.get(partner.group.cluster);
    if (strength === undefined) return;
    surface.line(chip.x + chip.width, (y + bottom) / 2, partner.x, (y + bottom) / 2, {
      stroke: theme.grey,
      strokeWidth: Math.max(1, Math.max(0, strength) * WIDEST),
      ...(strength < WEAK ? { dash: [3, 3] } : {}),
    });
  });
}
