import type { ModelEntry } from '../../data/types';
import type { Topic } from './titles';

const BELOW: Record<ModelEntry['kind'], string> = {
  classifier: 'Below, the push on the answer: the upright line is the median use, the dot this one.',
  'language model': 'Below, the words that the model held likeliest to come next; the one that came is in ink.',
  recording: 'Below, the push on the answer, where the model gives one that is known.',
};

/** What orange and blue stand for while pushes are shown; null while what moved is. */
export interface PushHelp {
  subject: string;
  rising: string;
  falling: string;
  note: string | null;
  /** Whether the links between clouds and chips are pushes too. */
  links: boolean;
}

/** Plain sentences for someone who sees the picture for the first time. */
export function explain(
  topic: Topic,
  kind: ModelEntry['kind'],
  attends = false,
  pushed: PushHelp | null = null,
  remembers = false,
  fed = false,
): string[] {
  switch (topic) {
    case 'sequence':
      return [
        ...(pushed
          ? [
              `The bar beside a word is what it pushed ${pushed.subject} by: orange ${pushed.rising}, blue ${pushed.falling}. All words, and what stood before the first, add up to the answer.`,
              'The bars behind it are its chips: they add up to the word.',
            ]
          : [
              'A row is a word, a bar is a chip: positive memory above, negative below.',
              'Orange is rising, blue is falling. Solid was gained at this word, hollow was lost.',
            ]),
        ...(pushed?.note ? [pushed.note] : []),
        'The strip above each row shows how much of each chip survived.',
        ...(fed
          ? [
              'Words here are events: names of the steps of a signal. What the model was fed stands beside them, each channel between its 1 % and 99 % quantiles; many channels are a strip, the darker the higher. Dashed lines are truths that it does not read.',
            ]
          : []),
        ...(attends
          ? [
              'Grey bars beside the words are the attention they got: the longest has the largest weight. Where each word pays attention of its own, arcs lead from the pinned word to those it weighs.',
            ]
          : []),
        ...(remembers
          ? [
              'Arcs lead from the pinned word to what is in its answer: what each word wrote and the gates kept since, orange for, blue against; with the bias they sum to it. Direct paths only: what a word does to later gates and words counts as theirs.',
            ]
          : []),
        ...(kind === 'language model'
          ? [
              'Under each word stands the likeliest next word, in ink where it came; the line at the right is the probability of the word that came.',
            ]
          : []),
        `Click a word to pin it: the chips show its ${pushed ? 'push' : 'change'}, the panel its usual effect. Drag over words to brush them.`,
      ];
    case 'memory':
      return [
        'A chip is a group of units that the same words move; a square is one unit.',
        pushed
          ? `Orange squares pushed the answer ${pushed.rising.replace(/^raises.*/, 'up')}, blue ones ${pushed.falling.replace(/^lowers.*/, 'down')}: weight times change.`
          : 'Orange squares rose, blue squares fell: the stronger the colour, the more.',
        `The number is the ${pushed ? 'sum' : 'mean'} over the chip. Chip 2 is bar 2 of every row.`,
        'A dashed outline: two halves of the text do not agree on this group. Click beside the squares to hold a chip: the panel says what the model loses without it.',
      ];
    case 'words':
      return [
        'A cloud is a group of words that move the memory alike.',
        'Larger words move their chip more, on one scale for all clouds.',
        pushed?.links
          ? `A link is what a cloud’s words push through a chip on average: orange ${pushed.rising}, blue ${pushed.falling}; wider is more, on one scale.`
          : `Orange links raise a chip, blue links lower it; wider links do it more.${pushed ? ' Which way that chip then pushes, its squares say.' : ''}`,
        'Click up to three words to compare them. “n more” lists what had no room.',
      ];
    case 'details':
      return [
        pushed
          ? 'A column is a unit. The dot is its push here, weight times change: orange up, blue down.'
          : 'A column is a unit. The dot is its change here: orange rose, blue fell.',
        'The boxes are all uses of the word: half lie in the inner box, 82 % in the outer.',
        'A dot outside its box is what makes this use of the word unusual.',
        BELOW[kind],
      ];
    case 'words-side-by-side':
      return [
        `A line is a word, a step of it is a unit: ${pushed ? 'what the word usually pushes the answer by through it' : 'how far the word usually moves it'}.`,
        'Half of the uses lie in the inner band, 82 % in the outer one.',
        'Units stand in the first word’s order: a line that mirrors it does the opposite.',
        '“Halves agree” compares two halves of the text: r near 1 can be trusted.',
      ];
    case 'without':
      return [
        'All units of the chip are held at zero, and the model reads held-out text again: the dot is by how much its loss rises, in nats.',
        'The line is two standard errors either way. A hollow dot stands for too little text to have one.',
        'The pale band is what groups of as many units, taken at random, cost, mean and spread: a chip right of it is missed more than chance.',
        kind === 'language model'
          ? 'Below, only the guesses where a word of each cloud came next.'
          : 'Below, only the sentences of one label, and those that hold a word of each cloud.',
      ];
    case 'try':
      return [
        'The model itself runs in this page. Type a sentence, or click a word to replace it, insert, delete, or swap the halves: before and after stand beside each other.',
        kind === 'language model'
          ? 'Continue offers the likeliest next words. What you click grows a tree: each word with its probability after the words before it. “1” sets one beside the next, × drops it with all that follows.'
          : '“It is really” says what is right of your sentence: then the loss of the answer is for that label.',
        '“Why?” takes the answer apart. A square is what a word pushed through a chip: of a linear head all squares add up to the score; elsewhere each is what the score loses where the chip takes in nothing at that word. “Left” is what the gates kept, to the end, of what the word wrote.',
        'A switched-off chip is held at zero, at its mean, or frozen, and hatched in the picture. Twenty groups of as many random units are the control: a chip that moves the answer no farther is not special.',
        'The same can be run over the sentences that Find shows: those whose answer flips come first.',
      ];
    case 'units':
      return [
        'A row is a unit, one number of the memory. Rest on a column’s name to see what it measures.',
        'Click a name to sort by it, again to turn the order round.',
        'As many measures are shown as fit, the most telling first: “Columns” shows the others.',
        'The bars in a head count units: pale are all, dark those shown. Drag over them, or type bounds, to filter.',
        'Activation counts how often a unit has each value, zero in the middle: one hump at either end is a switch.',
        'Tick up to three units to mark them in every view; click a row to open one.',
      ];
    case 'map':
      return [
        'A mark is a unit or a word. Units near each other answer to the same words; words near each other move the same units.',
        'Strength does not count, only what is moved and which way.',
        'Principal components keep large distances; an axis says how much of the differences it shows. The rest is not in the picture.',
        't-SNE keeps neighbours together. Distances between groups far apart mean nothing.',
        'Every mark is drawn; names appear where there is room. Zoom with the wheel to see more of them, drag to move.',
        'Click up to three words and three units: they are marked in every view.',
      ];
    case 'sql':
      return [
        'Each table that the list names can be read as if it were in a database: SELECT … FROM words.',
        'Plain names mean the dataset, model and state chosen above; others carry a name before the dot.',
        'Lists hold one value a unit or a word and count from 1: mean[34] is unit 33.',
        'Join tables by word_id, sentence_id or unit. Start from an example and change it.',
        'Nothing can be changed: the tables are read, and never written.',
      ];
    case 'compare':
      return [
        'A stands left of the sentence, B right of it: bars, chips, links and words run outwards.',
        'The disc and the solid line are A, the square and the dashed line are B. One scale of colours, bars and words for both.',
        'A chip of B stands across from the chip of A whose responses to the shared words it resembles most, one to one. The number is their correlation; below 0.50 it is called weak.',
        'The overlay draws B’s bars as outlines beside A’s, and each pair of matched chips side by side.',
      ];
    case 'unit':
      return [
        'A measure is a strip of all units; the large dot is this one.',
        'Told, in bits, is how much its state says about a word’s part of speech, the label or the position. Shuffled features give the bits under chance.',
        'The loss without it is how much worse the model gets when it is held at zero. Within two standard errors that may be noise.',
        'A gate bar is all steps: filled from the left are those where the gate is nearly closed, from the right nearly open.',
        'A box is half of a word’s uses, the thin line 82 %, the ring the mean.',
        'In the sentences, a word is tinted by the state of the unit just after it.',
        'A frame marks the word where the unit is highest, or lowest, in the text.',
      ];
    case 'find-sentences':
      return [
        'All conditions hold together; the count says how many of all sentences match.',
        'Text is found without regard to case and accents. Between slashes it is a regular expression.',
        'Surprise is that of the most surprising step: 95 % means that 95 of 100 uses of its word moved the memory closer to the usual.',
        'Click a sentence, or press Enter, to open it where the text was found.',
      ];
    case 'find-concordance':
      return [
        'A line is one use of the word, with what stands left and right of it.',
        'Order by the word before or after to see patterns: the same neighbours come together.',
        'Push is what the step did to the verdict: orange towards the class that is followed, blue away from it.',
        'Click a line to open the sentence with that word pinned.',
      ];
    case 'find-fires':
      return [
        'Unit and chip: stretches where the state, or the mean over the chip, stays beyond the threshold.',
        'Range: which units are active exactly over the words you chose, and where else they are so together.',
        'The underlined words are the stretch. Tints show the state at each word, or how many of the units are active.',
        'Only sentences whose states were published are searched; the count says how many those are.',
      ];
    case 'find-nearest':
      return [
        'The whole state just after the pinned word is compared with the state after every other word.',
        'A small distance means that the model remembers much the same at both places.',
        'Cosine compares directions and ignores size; Euclidean counts both.',
        'Click a step to open its sentence with that word pinned.',
      ];
  }
}
