import type { Explorer } from '../../state/explorer.svelte';
import { verdict } from '../../data/evidence';
import type { Inspection } from '../../ui/board/inspect';
import { otherOrder } from '../../wording/offers';
import type { TourFacts } from './steps';

const NAMED = 2;

/** Null while there is no sentence to speak about. `drawn` is what the picture says of itself. */
export function tourFacts(explorer: Explorer, drawn: Inspection | null): TourFacts | null {
  const { sentence, steps } = explorer;
  if (!sentence) return null;
  const step = explorer.step ?? 0;
  const p = verdict(steps, step);
  const chips = explorer.focus === 'step' ? (drawn?.chips ?? []) : [];
  const most = chips.reduce<(typeof chips)[number] | null>(
    (best, chip) => (!best || Math.abs(chip.mean) > Math.abs(best.mean) ? chip : best),
    null,
  );
  const clouds = drawn?.clouds ?? [];
  const cloud = clouds.find(({ sizedBy }) => sizedBy === most?.cluster) ?? clouds[0];
  const words = [...(cloud?.words ?? [])].sort((a, b) => Math.abs(b.strength) - Math.abs(a.strength)).slice(0, NAMED);
  return {
    sentence: sentence.text,
    second: otherOrder(explorer.dataset?.probes ?? {}, sentence.key),
    word: sentence.surface[step] ?? '',
    step,
    className: p ? explorer.towards : null,
    before: p?.before ?? null,
    after: p?.after ?? null,
    chip: most && { number: most.drawnNumber, mean: most.mean, units: most.units },
    words: words.map(({ text }) => text),
    cloud: cloud?.cluster ?? null,
    pinned: explorer.step !== null,
  };
}
