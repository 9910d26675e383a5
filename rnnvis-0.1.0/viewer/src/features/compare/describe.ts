import type { Matching } from '../../data/comparison';
import type { CompareScene } from '../../model/compareScene';
import { matchLabel } from '../../model/matching';
import type { TooltipContent } from '../../wording/tip';
import { describe, type Facts } from '../../wording/describe';
import { fixed } from '../../wording/format';
import { partnerOf, type Attention } from './attention';

export interface CompareFacts {
  a: Facts;
  b: Facts;
  scene: CompareScene;
  units: Matching | null;
  clusters: Matching | null;
  names: { a: string; b: string };
}

function other(side: 'a' | 'b'): 'a' | 'b' {
  return side === 'a' ? 'b' : 'a';
}

/** What the other side has to say to a chip: its match with the number, or that there is none. */
function matchLine({ side, hover }: Attention, facts: CompareFacts): string | null {
  if (hover.kind !== 'chip' && !(hover.kind === 'step' && hover.cluster !== null)) return null;
  const there = other(side).toUpperCase();
  if (hover.kind === 'chip' && hover.unit !== null) {
    if (!facts.units) return 'No unit matches were published for these two.';
    const match = partnerOf(facts.units, side, hover.unit);
    return match
      ? `Answers to unit ${match.partner} of ${there}: responses correlate at ${fixed(match.strength, 2)}.`
      : `No unit of ${there} is left for it.`;
  }
  if (!facts.clusters) return 'No matches were published for these two.';
  const match = partnerOf(facts.clusters, side, hover.cluster!);
  if (!match) return `No chip of ${there} is left for it.`;
  const number = facts.scene[other(side)].numbers.get(match.partner) ?? '';
  const best = side === 'a' ? facts.clusters.best[hover.cluster!] : undefined;
  const shared =
    best !== undefined && best !== match.partner && best >= 0
      ? ` It is more like chip ${facts.scene.b.numbers.get(best) ?? ''}, ${fixed(facts.clusters.bestStrength[hover.cluster!]!, 2)}, which another chip took.`
      : '';
  return `Chip ${number} of ${there}: ${matchLabel(match.strength)}.${shared}`;
}

function bothProbabilities(step: number, facts: CompareFacts): string | null {
  const a = facts.scene.a.sequence?.rows[step]?.p ?? null;
  const b = facts.scene.b.sequence?.rows[step]?.p ?? null;
  if (a === null || b === null) return null;
  return `${facts.scene.a.sequence!.trackName}: A ${fixed(a, 2)}, B ${fixed(b, 2)}.`;
}

/** What the mark under the pointer says, on whose side, and what answers to it on the other. */
export function describeCompare(attention: Attention | null, facts: CompareFacts): TooltipContent | null {
  if (!attention) return null;
  const { side, hover } = attention;
  const own = describe(hover, facts[side]);
  if (!own) return null;
  const lines = [...own.lines];
  const both = hover.kind === 'step' && hover.cluster === null ? bothProbabilities(hover.step, facts) : null;
  if (both) lines.unshift([both]);
  const match = matchLine(attention, facts);
  if (match) lines.push([match]);
  const whose =
    hover.kind === 'step' && hover.cluster === null ? [] : [`${side.toUpperCase()}: ${facts.names[side]} · `];
  const hint =
    side === 'b' && hover.kind === 'chip' && hover.unit !== null ? 'Click to hold the chip’s links' : own.hint;
  return { title: [...whose, ...own.title], lines, hint };
}
