import { LARGE, SMALL } from '../../model/clouds';
import { groups, strength, strongestChip } from '../../model/groups';
import { sign, type Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import { fit, measure } from '../../model/text';
import type { Explorer } from '../../state/explorer.svelte';
import { signed } from '../../wording/format';
import type { HelpFigure } from './figures';

interface Sample {
  text: string;
  strength: number;
  share: number;
}

/** A strong, a middling and a weak word of the cloud whose strongest word is the strongest of all. */
export function wordsFigure(explorer: Explorer): HelpFigure | null {
  const { clustering, vocabulary } = explorer;
  if (!clustering || !vocabulary) return null;
  const clouds = groups(clustering.words).map((group) => {
    const chip = strongestChip(clustering, group.cluster);
    const words = group.members
      .map((index) => ({
        text: vocabulary.text[clustering.words.ids[index]!] ?? '',
        strength: strength(clustering, index, chip),
      }))
      .sort((a, b) => Math.abs(b.strength) - Math.abs(a.strength));
    return { number: clustering.units.order.indexOf(chip) + 1, words };
  });
  const top = Math.max(...clouds.map((cloud) => Math.abs(cloud.words[0]?.strength ?? 0)));
  const cloud = clouds.find((candidate) => Math.abs(candidate.words[0]?.strength ?? 0) === top);
  if (!cloud || cloud.words.length === 0) return null;
  const at = [0, Math.floor(cloud.words.length / 2), cloud.words.length - 1].filter(
    (i, n, all) => all.indexOf(i) === n,
  );
  const samples = at.map((i) => ({ ...cloud.words[i]!, share: Math.abs(cloud.words[i]!.strength) / top }));
  return {
    caption: `Words of one cloud; their link goes to chip ${cloud.number}`,
    height: 44 * samples.length + 14,
    paint: (surface, theme) => paintSamples(surface, theme, samples, cloud.number),
  };
}

function paintSamples(surface: Surface, theme: Tokens, samples: readonly Sample[], chip: number): void {
  const bottom = 44 * samples.length + 4;
  surface.rect(24, 4, 2, bottom - 4, { fill: theme.strongLine });
  samples.forEach(({ text, strength: value, share }, i) => {
    const y = 32 + i * 44;
    const size = SMALL + (LARGE - SMALL) * share;
    const weight = 400 + Math.round(share * 3) * 100;
    const shown = fit(text, 180, 'corpus', size, weight);
    surface.text(42, y, shown, { family: 'corpus', size, weight, fill: share > 0.5 ? theme.ink : theme.ink2 });
    const from = 52 + measure(shown, 'corpus', size, weight).width;
    if (from < 240) surface.line(from, y - 5, 240, y - 5, { stroke: theme.line });
    const { mark, text: colour } = sign(value, theme);
    const length = Math.max(2, 60 * share);
    surface.roundRect(246, y - 10, length, 10, 1, { fill: mark });
    surface.text(
      252 + length,
      y - 1,
      `${value < 0 ? 'lowers' : 'raises'} chip ${chip} by ${signed(Math.abs(value), 3).slice(1)}`,
      {
        family: 'interface',
        size: 12,
        fill: colour,
      },
    );
  });
}
