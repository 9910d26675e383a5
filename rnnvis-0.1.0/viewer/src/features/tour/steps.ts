import { fixed, signed } from '../../wording/format';
import type { Pair } from '../../wording/offers';

/** What the tour speaks about: read from what is on the screen. */
export interface TourFacts {
  sentence: string;
  /** The word that the tour dwells on: the pinned one, else the first. */
  word: string;
  step: number;
  className: string | null;
  before: number | null;
  after: number | null;
  /** What the word pushed the answer by, in words; null where that is not known. */
  push: string | null;
  /** Whether the picture shows pushes; then what orange and blue stand for. */
  shows: { rising: string; falling: string } | null;
  /** Whether the links between clouds and chips are pushes. */
  linksPushed: boolean;
  /** The chip that the word pushed through, or moved, most, by its number in the picture: its mean change, and its push in words, null where chips have none; null where nothing is pinned. */
  chip: { number: number; units: number; moved: number; push: string | null } | null;
  /** The strongest words of the cloud nearest to that chip. */
  words: string[];
  /** Two sentences of the same clauses in either order, this one the first where it is one of them; null without any. */
  pair: Pair | null;
  /** Key of the sentence. */
  own: string;
  /** Number of that cloud's cluster. */
  cloud: number | null;
  pinned: boolean;
  /** Whether the model runs in the page. */
  runs: boolean;
}

export interface TourStep {
  title: string;
  text: string;
  /** Selectors of what it points at, the first that is on the screen counts. */
  at: string[];
  /** Selectors of what else it speaks of, so that the card should not lie on it. */
  clear?: string[];
  /** Room for light left and right of what it points at, in px: none where ribbons end, which would be cut. */
  sides?: readonly [number, number];
  /** What else can be done there: a sentence to set beside this one. */
  beside?: Pair & { title: string };
  /** Whether one can type there. */
  types?: boolean;
}

/** A cloud begins this far left of its rule, where its ribbons end. */
const UP_TO_RULE = -5;

/** Below this, a change of the probability is called none to speak of. */
const LITTLE = 0.05;

const OWN: TourStep = {
  title: 'Now a sentence of your own',
  text: 'The model itself runs in this page: type, and each word is read at once, with all that you saw here. Change words, or switch a chip off, and see the answer change. What you type stays on your machine.',
  at: ['[data-tour="type"]', '[data-tour="sequence"]', '[data-tab="sequence"]'],
  types: true,
};

export function tourSteps(facts: TourFacts): TourStep[] {
  const { word, className, before, after, chip, push, shows } = facts;
  const moved =
    className === null || after === null
      ? ''
      : before === null
        ? ` After it, P(${className}) is ${fixed(after)}.`
        : ` At “${word}”, P(${className}) ${Math.abs(after - before) < LITTLE ? 'hardly moved' : 'moved'}: it went from ${fixed(before)} to ${fixed(after)}.`;
  const pushed = push === null ? '' : ` The bar beside it: “${word}” pushed ${push}.`;
  const did = chip && `${signed(chip.moved, 3)} on average`;
  const { pair } = facts;
  const offered =
    pair === null
      ? 'Click any other word of the sentence to compare.'
      : pair.first === facts.own
        ? `The same clauses in the other order can stand beside this sentence: there you see what “${word}” did in both.`
        : 'Two sentences can stand side by side: here are the same clauses in either order, with the turning word on one row.';
  return [
    {
      title: 'One sentence, word by word',
      text: `The model read “${facts.sentence}” from top to bottom.${moved} The rest of the picture says what ${chip ? 'it' : 'each word'} did to the memory.`,
      at: ['[data-tour="sequence"]', '[data-tab="sequence"]'],
      sides: [0, 0],
    },
    {
      title: `What “${word}” did`,
      text: shows
        ? `Each bar is a group of hidden units: orange pushed ${shows.rising}, blue ${shows.falling}.${pushed} The dark strip above the row is what was kept from the word before.`
        : `Each bar is a group of hidden units: orange rose, blue fell, grey was carried over. Hollow was lost. The dark strip above the row is what was kept from the word before.${pushed}`,
      at: [`[data-step="${facts.step}"]`, '[data-tab="sequence"]'],
      clear: ['[data-chip]'],
      sides: [0, 0],
    },
    {
      title: chip ? `Chip ${chip.number} ${shows ? 'pushed' : 'moved'} most` : 'The memory, as chips',
      text: chip
        ? `Its ${chip.units} ${chip.units === 1 ? 'unit is one square' : 'units are squares'}, coloured by what ${
            shows && chip.push !== null
              ? `they pushed at “${word}”: ${chip.push}, in sum. They moved by ${did}.`
              : `“${word}” changed: ${did}.${chip.push === null ? '' : ` Together they pushed ${chip.push}.`}`
          } The same number is the same bar in every row.`
        : 'A chip is a group of hidden units, a square is one unit. Pin a word and the squares show what it changed.',
      at: [...(chip ? [`[data-chip="${chip.number}"]`] : []), '[data-chip]', '[data-tab="memory"]'],
      clear: ['[data-chip]', '[data-step]'],
      sides: [0, 0],
    },
    {
      title: 'Words that move the memory',
      text: `Words that do the same to the memory stand in one cloud${facts.words.length ? `, such as ${facts.words.map((w) => `“${w}”`).join(', ')}` : ''}. ${facts.linksPushed && shows ? `Orange links are what they push ${shows.rising} through a chip, blue ${shows.falling}` : 'Orange links raise a chip, blue links lower it'}. Click words to compare up to three.`,
      at: [...(facts.cloud === null ? [] : [`[data-name="${facts.cloud}"]`]), '[data-tab="words"]'],
      clear: ['[data-chip]'],
      sides: [UP_TO_RULE, 0],
    },
    {
      title: 'This time against all times',
      text: facts.pinned
        ? `Here you see whether “${word}” did what it usually does, unit by unit, and how it pushed the answer. ${offered}`
        : 'Click a word of the sentence: here you will see whether it did what it usually does, unit by unit, and how it pushed the answer.',
      at: ['[data-tour="details"]', '[data-tour="details-button"]', '[data-tab="detail"]'],
      ...(pair !== null && facts.pinned ? { beside: { ...pair, title: 'Show both sentences' } } : {}),
    },
    ...(facts.runs ? [OWN] : []),
  ];
}
