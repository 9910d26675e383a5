import type { DifferenceScene } from '../model/pair';
import { sign } from './colour';
import type { Surface } from './surface';
import { fit, measure } from '../model/text';
import { digitsFor, largest } from '../model/scale';
import { signed } from '../wording/format';
import type { Look } from './look';

const ROOM_FOR_VALUE = 40;
const ROOM_FOR_NUMBER = 15;

/** By how much more each chip moved at the first step than at the second: up and orange for more, down and blue for less. */
export function paintDifference(surface: Surface, scene: DifferenceScene, look: Look): void {
  const { theme, hover } = look;
  const { box, bars, middle, pitch, words } = scene;
  surface.group({ name: 'difference' }, () => {
    surface.line(0, box.top + 0.5, box.right, box.top + 0.5, { stroke: theme.line });
    paintTitle(surface, scene, words, look);
    const label = { family: 'interface', size: 12, align: 'center', tabular: true } as const;
    const left = box.x;
    surface.text(left, box.below + 11, 'chip', { family: 'interface', size: 12, fill: theme.ink3 });
    surface.text(left, middle + 4, '1 minus 2', { family: 'interface', size: 12, fill: theme.ink2 });
    surface.line(bars[0]!.x - pitch / 2, middle + 0.5, box.right - 20, middle + 0.5, { stroke: theme.grey });
    const digits = Math.max(2, digitsFor(largest(bars.map((bar) => bar.value))));
    const every = pitch >= ROOM_FOR_NUMBER ? 1 : pitch >= 8 ? 2 : 5;
    for (const bar of bars) {
      const active =
        hover !== null &&
        'cluster' in hover &&
        hover.cluster === bar.cluster &&
        hover.kind !== 'cloud' &&
        hover.kind !== 'word';
      const weight = active ? 700 : 400;
      const height = Math.abs(bar.value) * scene.scale;
      const x = bar.x - scene.bar / 2;
      const title = `Chip ${bar.number}: ${signed(bar.first, digits)} in sentence 1, ${signed(bar.second, digits)} in sentence 2`;
      surface.rect(x, bar.value > 0 ? middle - height : middle, scene.bar, height, {
        fill: sign(bar.value, theme).mark,
        title,
      });
      if (active) surface.roundRect(x - 2, middle - 21, scene.bar + 4, 42, 3, { stroke: theme.ink, strokeWidth: 2 });
      if (active || every === 1 || bar.number === 1 || bar.number % every === 0) {
        surface.text(bar.x, box.below + 11, String(bar.number), {
          ...label,
          weight,
          fill: active ? theme.ink : theme.ink3,
        });
      }
      if (pitch >= ROOM_FOR_VALUE)
        surface.text(bar.x, box.bottom - 7, signed(bar.value, digits), {
          ...label,
          weight,
          fill: sign(bar.value, theme).text,
        });
    }
  });
}

/** `“though” in 1 minus “though” in 2`, the words in their own letters. */
function paintTitle(
  surface: Surface,
  { box }: DifferenceScene,
  [first, second]: readonly [string, string],
  { theme }: Look,
): void {
  let x = box.x;
  const y = box.top + 19;
  const say = (text: string, corpus = false): void => {
    const family = corpus ? 'corpus' : 'interface';
    const size = corpus ? 14 : 12;
    surface.text(x, y, text, { family, size, weight: 600, fill: theme.ink });
    x += measure(text, family, size, 600).width;
  };
  const word = (text: string): string => fit(text, 90, 'corpus', 14, 600);
  say('What differs: ');
  say(`“${word(first)}”`, true);
  say(' in 1 minus ');
  say(`“${word(second)}”`, true);
  say(' in 2');
}
