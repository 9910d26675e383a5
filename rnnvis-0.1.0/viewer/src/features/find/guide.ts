import type { Vocabulary } from '../../data/types';
import type { FindMode, FindState } from '../../state/find';

/** Something to look for, ready to be chosen. */
interface Example {
  title: string;
  about: string;
  find: Partial<FindState>;
}

/** What stands beside the results of a mode: examples, and what a line of the list says. */
export interface Guide {
  examples: Example[];
  /** A line as it may look; no text of a corpus. */
  line: { text: string; part: 'before' | 'hit' | 'after' | 'number' }[];
  parts: { name: string; about: string }[];
}

interface Setting {
  /** Phrases that the vocabulary has. */
  words: readonly string[];
  chips: number;
  /** Whether the model's verdict on each sentence was published. */
  judged: boolean;
  bounded: boolean;
}

const SURPRISE = {
  name: 'Surprise',
  about: 'how unusual the change was for this word: 100 % is the most unusual of all its uses',
};

/** Words of a text to look for, where nothing else is known of it: frequent ones, but not the most frequent. */
export function phrasesOf(
  text: readonly string[],
  count: ArrayLike<number>,
  special: readonly boolean[],
  most = 4,
): string[] {
  const words = text
    .map((word, id) => ({ word, count: count[id] ?? 0 }))
    .filter(({ word, count: n }, id) => n > 1 && !special[id] && /\p{L}/u.test(word) && !/[<>[\]#▁Ġ]/u.test(word));
  words.sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1));
  const skipped = Math.min(Math.floor(words.length / 10), 20);
  return words.slice(skipped, skipped + most).map(({ word }) => word);
}

/** Phrases that a text has: those of the project's own case study and the chosen words, else frequent words. */
export function examplePhrases(vocabulary: Vocabulary | null, chosen: readonly string[]): string[] {
  if (!vocabulary) return [];
  const known = ['though', 'but', 'love', 'not very', ...chosen].filter((phrase) =>
    phrase.split(' ').every((word) => vocabulary.id.has(word)),
  );
  return [...new Set([...known, ...phrasesOf(vocabulary.text, vocabulary.count, vocabulary.special)])].slice(0, 4);
}

/** Examples that this data can answer, and how to read a line. */
export function guideFor(mode: FindMode, { words, chips, judged, bounded }: Setting): Guide {
  const phrases = words.slice(0, 4);
  switch (mode) {
    case 'sentences':
      return {
        examples: [
          ...(judged
            ? [
                {
                  title: 'Sure and wrong',
                  about: 'Sentences with the wrong verdict, largest loss first',
                  find: { verdict: 'wrong', order: 'loss' } as const,
                },
                {
                  title: 'Where a word surprised most',
                  about: 'Sentences by their most surprising step',
                  find: { order: 'surprise' } as const,
                },
              ]
            : []),
          ...phrases.slice(0, 2).map((text) => ({
            title: `Sentences with “${text}”`,
            about: 'Case and accents do not count',
            find: { text },
          })),
          {
            title: 'Five words at most',
            about: 'Short sentences',
            find: { length: [null, 5] as const, order: 'longest' as const },
          },
        ],
        line: [
          { text: 'the sentence, with', part: 'before' },
          { text: 'what was found', part: 'hit' },
        ],
        parts: [
          { name: 'Label', about: 'its class in the corpus' },
          { name: 'Verdict', about: 'whether the model says the same' },
          {
            name: 'Loss',
            about:
              '0 where it was sure and right; 0.69 for a coin toss between two classes; more where it was sure and wrong',
          },
          SURPRISE,
        ],
      };
    case 'concordance':
      return {
        examples: phrases.map((phrase) => ({ title: `“${phrase}”`, about: 'Every use of it', find: { phrase } })),
        line: [
          { text: '−0.10', part: 'number' },
          { text: 'words before', part: 'before' },
          { text: 'the word', part: 'hit' },
          { text: 'words after', part: 'after' },
        ],
        parts: [
          {
            name: 'Push',
            about: 'how the word moved the answer: above 0 towards the followed class, of two classes in log-odds',
          },
          { name: 'Loss', about: 'how wrong the model was just after it' },
          SURPRISE,
          { name: 'Kept', about: 'share of the memory that survived the word' },
          { name: '‖Δ‖', about: 'how far the memory moved at the word' },
        ],
      };
    case 'fires': {
      const strong = bounded ? 0.8 : 1;
      return {
        examples: [
          ...(chips
            ? [
                {
                  title: 'Where chip 1 is high',
                  about: 'The mean of its units',
                  find: { by: 'chip', chip: 1, threshold: 0.3 } as const,
                },
              ]
            : []),
          {
            title: 'Where unit 0 is very high',
            about: `A state of ${strong} or more`,
            find: { by: 'unit', unit: 0, threshold: strong } as const,
          },
          {
            title: 'Where it stays low for three words',
            about: 'Runs of three words or more',
            find: { by: 'unit', unit: 0, below: true, threshold: -0.3, run: 3 } as const,
          },
        ],
        line: [
          { text: '0.91', part: 'number' },
          { text: 'words before', part: 'before' },
          { text: 'the stretch', part: 'hit' },
          { text: 'words after', part: 'after' },
        ],
        parts: [
          { name: 'Number', about: 'the score: what the stretches are ranked by' },
          { name: 'Underlined', about: 'the words of the stretch' },
          { name: 'Tint', about: 'the value after each word of the sentence' },
        ],
      };
    }
    case 'nearest':
      return {
        examples: [],
        line: [
          { text: '0.021', part: 'number' },
          { text: 'words before', part: 'before' },
          { text: 'the word', part: 'hit' },
          { text: 'words after', part: 'after' },
        ],
        parts: [
          { name: 'Number', about: 'the distance from the memory after the pinned word: 0 is the same' },
          { name: 'Underlined', about: 'the word after which the memory is so' },
        ],
      };
  }
}
