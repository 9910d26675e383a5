import { change, keptShare } from '../../model/sequence';
import { surpriseAt } from '../../model/surprise';
import { percent, signed } from '../../wording/format';
import { cameNext, verdict, type PinnedEvidence } from '../../data/evidence';

/** One line of the table that sets two steps beside each other. */
export interface PairFact {
  name: string;
  about: string;
  first: string;
  second: string;
}

const NONE = '–';

function probability({ steps, step }: PinnedEvidence): string {
  const p = verdict(steps, step);
  if (!p) return NONE;
  return p.before === null ? p.after.toFixed(2) : `${p.before.toFixed(2)} → ${p.after.toFixed(2)}`;
}

function push({ steps, step }: PinnedEvidence): string {
  return signed(steps?.push?.[step] ?? NaN);
}

function nextWord(of: PinnedEvidence): string {
  const next = cameNext(of);
  return next ? `${next.p < 0.005 ? '< 0.01' : next.p.toFixed(2)} for “${next.text}”` : NONE;
}

function kept({ sequence, step }: PinnedEvidence): string {
  return percent(sequence ? keptShare(sequence, step) : NaN);
}

function surprise(of: PinnedEvidence): string {
  const percentile = surpriseAt(of);
  return Number.isFinite(percentile) ? `beyond ${Math.floor(percentile)} %` : NONE;
}

/** What two pinned steps did, figure by figure; a line that neither has is left out. */
export function pairFacts(first: PinnedEvidence, second: PinnedEvidence, positive: string): PairFact[] {
  const facts: [string, string, (of: PinnedEvidence) => string][] = [
    [`P(${positive})`, `Probability of “${positive}” before and after the word`, probability],
    ['P(next word)', 'Probability that the model gave the word that came', nextWord],
    ['Push', 'What the word pushed the answer by, as on the right of each word', push],
    ['Memory kept', 'Share of the state before the word that is still there, with the same sign', kept],
    ['Surprise', 'Share of the uses of its word that stand nearer to the usual change', surprise],
  ];
  return facts
    .map(([name, about, of]) => ({ name, about, first: of(first), second: of(second) }))
    .filter((fact) => fact.first !== NONE || fact.second !== NONE);
}

/** Below this, a change of the probability is called none to speak of. */
const LITTLE = 0.05;
/** Changes of the memory that differ by less than this share are called alike. */
const ALIKE = 0.1;

/** What a word did in two sentences, in plain words: to the verdict, and to the memory as a whole. */
export function inPlainWords(first: PinnedEvidence, second: PinnedEvidence, positive: string): string {
  const said: string[] = [];
  const verdicts = [first, second].map(({ steps, step }) => verdict(steps, step));
  const [one, two] = verdicts;
  if (one && two && one.before !== null && two.before !== null) {
    const little = [one, two].map(({ before, after }) => Math.abs(after - before!) < LITTLE);
    const move = ({ before, after }: { before: number | null; after: number }): string =>
      `from ${before!.toFixed(2)} to ${after.toFixed(2)}`;
    if (little[0] && little[1])
      said.push(
        `The word itself hardly moved the verdict: P(${positive}) went ${move(one)} in sentence 1 and ${move(two)} in sentence 2.`,
      );
    else said.push(`The word moved P(${positive}) ${move(one)} in sentence 1 and ${move(two)} in sentence 2.`);
  }
  if (first.sequence && second.sequence) {
    const sizes = [first, second].map(({ sequence, step }) => Math.hypot(...change(sequence!, step))) as [
      number,
      number,
    ];
    const [larger, smaller] = sizes[0] >= sizes[1] ? [0, 1] : [1, 0];
    const numbers = `response norm ${sizes[larger]!.toFixed(2)} against ${sizes[smaller]!.toFixed(2)}`;
    if (sizes[larger]! - sizes[smaller]! < ALIKE * sizes[larger]!)
      said.push(`It changed the memory about as much in both (${numbers}).`);
    else said.push(`It changed the memory more in sentence ${larger + 1} (${numbers}).`);
  }
  return said.join(' ');
}

/** The chips that two steps moved most differently, in words; empty where there are none. */
export function mostDifferent(bars: readonly { number: number; first: number; second: number }[], most = 2): string {
  const sorted = [...bars].sort((a, b) => Math.abs(b.first - b.second) - Math.abs(a.first - a.second)).slice(0, most);
  if (!sorted.length) return '';
  const said = sorted.map(
    ({ number, first, second }) => `chip ${number} (${signed(first, 3)} in 1, ${signed(second, 3)} in 2)`,
  );
  return `They differ most in ${said.join(' and ')}.`;
}
