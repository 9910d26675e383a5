import type { CompareScene } from '../../model/compareScene';
import type { Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import { fit, measure } from '../../model/text';
import type { SideName } from './names';

const INSET = 26;
/** Room for the label over the words, and what keeps it apart. */
const LABEL = 56;

function badge(surface: Surface, side: 'a' | 'b', x: number, y: number, theme: Tokens): void {
  if (side === 'a') surface.circle(x + 10, y + 10, 10, { fill: theme.ink });
  else surface.roundRect(x + 1, y + 1, 18, 18, 2, { fill: theme.background, stroke: theme.ink2, strokeWidth: 1.5 });
  surface.text(x + 10, y + 14, side.toUpperCase(), {
    family: 'interface',
    size: 11,
    weight: 700,
    fill: side === 'a' ? theme.onInk : theme.ink,
    align: 'center',
  });
}

/** As many of the parts as there is room for, the first at least. */
function aboutSide(parts: readonly string[], room: number): string {
  const fits = (count: number): boolean => measure(parts.slice(0, count).join(', '), 'interface', 12).width <= room;
  const count = parts.findLastIndex((_, i) => fits(i + 1)) + 1;
  return fit(parts.slice(0, Math.max(1, count)).join(', '), room, 'interface', 12);
}

export interface HeadTexts {
  names: { a: SideName; b: SideName };
  title: string;
  /** Over the chips of A and of B. */
  chips: { a: string; b: string };
}

/** Names of both sides and what each column is. */
export function paintHead(surface: Surface, scene: CompareScene, texts: HeadTexts, theme: Tokens): void {
  const { columns } = scene;
  const { width, margin } = columns.a;
  const overlaid = columns.layout === 'overlay';
  const room = Math.max(80, columns.band.left - margin - 20);
  const title = { family: 'interface', size: 14, weight: 650, fill: theme.ink } as const;
  const about = { family: 'interface', size: 12, fill: theme.ink3 } as const;
  const named = (side: 'a' | 'b', x: number, align: 'left' | 'right', most: number): void => {
    badge(surface, side, align === 'left' ? x : x - 20, 16, theme);
    const at = align === 'left' ? x + INSET : x - INSET;
    surface.text(at, 24, fit(texts.names[side].title, most - INSET, 'interface', 14, 650), { ...title, align });
    surface.text(at, 42, aboutSide(texts.names[side].about, most - INSET), { ...about, align });
  };
  if (overlaid) {
    const x = columns.a.memory!.x;
    named('a', margin, 'left', Math.max(120, (columns.band.right - margin) * 0.5));
    named(
      'b',
      margin + (columns.band.right - margin) * 0.52,
      'left',
      Math.max(120, (columns.band.right - margin) * 0.48),
    );
    surface.text(x, 24, texts.title, title);
  } else {
    named('a', margin, 'left', room);
    named('b', width - margin, 'right', room);
    surface.text((columns.band.left + columns.band.right) / 2, 24, texts.title, { ...title, align: 'center' });
  }
  const y = columns.top - 6;
  const label = { family: 'interface', size: 11, fill: theme.ink3 } as const;
  for (const side of ['a', 'b'] as const) {
    const { memory, words, mirrored } = columns[side];
    if (memory) {
      const outer = mirrored ? memory.x + memory.width : memory.x;
      const end = words ? (mirrored ? words.x + LABEL : words.x + words.width - LABEL) : outer + memory.width;
      const text = fit(texts.chips[side], Math.max(memory.width, Math.abs(end - outer)), 'interface', 11);
      surface.text(outer, columns.boardTop - 6, text, { ...label, align: mirrored ? 'right' : 'left' });
    }
    if (words)
      surface.text(mirrored ? words.x : words.x + words.width, y, overlaid ? 'words of A' : 'words', {
        ...label,
        align: mirrored ? 'left' : 'right',
      });
  }
  const sequence = columns.a.sequence;
  if (sequence) surface.text(sequence.tokenRight, y, overlaid ? 'chip' : 'sentence', { ...label, align: 'right' });
}
