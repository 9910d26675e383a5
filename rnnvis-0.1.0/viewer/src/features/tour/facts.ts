import type { Explorer } from '../../state/explorer.svelte';
import { verdict } from '../../data/evidence';
import { unitLabels } from '../../model/groups';
import { chipPushes } from '../../model/push';
import type { Inspection } from '../../ui/board/inspect';
import { answerWords, pushed, type AnswerWords } from '../../wording/answer';
import { pairOf } from '../../wording/offers';
import type { TourFacts } from './steps';

const NAMED = 2;

/** What a chip pushed at a step, in words; null where chips have no push. */
function chipPush(explorer: Explorer, cluster: number, step: number, said: AnswerWords): string | null {
  const { clustering, sequence, pushing } = explorer;
  if (!clustering || !sequence || !pushing.weights) return null;
  const clusters = clustering.units.order.length;
  const pushes = chipPushes(sequence, pushing.weights, unitLabels(clustering, sequence.units), clusters);
  return pushed(pushes[step * clusters + cluster] ?? 0, said, 3);
}

/** Null while there is no sentence to speak about. `drawn` is what the picture says of itself. */
export function tourFacts(explorer: Explorer, drawn: Inspection | null): TourFacts | null {
  const { sentence, steps } = explorer;
  if (!sentence) return null;
  const step = explorer.step ?? 0;
  const p = verdict(steps, step);
  const said = answerWords(explorer.model, explorer.followed);
  const chips = explorer.focus === 'step' ? (drawn?.chips ?? []) : [];
  const most = chips.reduce<(typeof chips)[number] | null>(
    (best, chip) => (!best || Math.abs(chip.amount) > Math.abs(best.amount) ? chip : best),
    null,
  );
  const bar = drawn?.glyphs[step]?.bars.find(({ cluster }) => cluster === most?.cluster);
  const push = steps?.push?.[step] ?? Number.NaN;
  const clouds = drawn?.clouds ?? [];
  const cloud = clouds.find(({ sizedBy }) => sizedBy === most?.cluster) ?? clouds[0];
  const words = [...(cloud?.words ?? [])].sort((a, b) => Math.abs(b.strength) - Math.abs(a.strength)).slice(0, NAMED);
  return {
    sentence: sentence.text,
    pair: pairOf(explorer.dataset?.probes ?? {}, sentence.key),
    own: sentence.key,
    word: sentence.surface[step] ?? '',
    step,
    className: p ? explorer.towards : null,
    before: p?.before ?? null,
    after: p?.after ?? null,
    push: Number.isFinite(push) ? pushed(push, said, 3) : null,
    linksPushed: explorer.drawn?.linksPushed ?? false,
    shows: explorer.pushing.shown ? { rising: said.rising, falling: said.falling } : null,
    chip:
      most && bar
        ? {
            number: most.drawnNumber,
            units: most.units,
            moved: bar.deltaP + bar.deltaN,
            push: chipPush(explorer, most.cluster, step, said),
          }
        : null,
    words: words.map(({ text }) => text),
    cloud: cloud?.cluster ?? null,
    pinned: explorer.step !== null,
    runs: explorer.trying.offered && explorer.trying.reason === null,
  };
}
