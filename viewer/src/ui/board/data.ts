import type { PictureData } from '../../model/pictureData';
import { switchedOff } from '../../model/switched';
import { tokens } from '../../paint/colour';
import type { Explorer } from '../../state/explorer.svelte';
import type { Look } from '../../paint/look';
import { nounsOf } from '../../wording/nouns';

/** What the picture draws of the store; `joined`: an encoder and its decoder in one. */
export function pictureData(explorer: Explorer, sizedBy: number | null, joined = true): PictureData {
  const { view } = explorer;
  return {
    sentence: explorer.sentence,
    steps: explorer.steps,
    sequence: explorer.sequence,
    signal: explorer.passages.signal,
    memory: explorer.second ? null : explorer.passages.memory,
    units: view.units,
    clustering: explorer.clustering,
    vocabulary: explorer.vocabulary,
    model: explorer.model,
    called: nounsOf(explorer.dataset).step,
    state: explorer.state,
    focusValues: explorer.focusValues,
    weights: explorer.pushing.shown,
    followed: explorer.followed,
    step: explorer.step,
    second: explorer.second && { ...explorer.second, step: explorer.step2 },
    half: joined ? explorer.half?.shown : null,
    words: view.words,
    sizedBy,
    linkThreshold: view.linkThreshold,
    linkWidth: view.linkWidth,
    colourScale: view.colourScale,
    chipAlign: view.chipAlign,
    switched: switchedOff([view.sentence, view.sentence2], view.state, explorer.clustering),
  };
}

/** The word cluster that a word belongs to; null where it was not clustered. */
export function cloudOf(explorer: Explorer, wordId: number | null): number | null {
  const words = explorer.clustering?.words;
  const i = words && wordId !== null ? words.ids.indexOf(wordId) : -1;
  return i < 0 ? null : words!.labels[i]!;
}

/** The word whose cloud stands in front: that of the pinned step, or the selected word that colours the chips. */
export function frontWord(explorer: Explorer): number | null {
  if (explorer.focus === 'word' && explorer.focusWord !== null)
    return explorer.vocabulary?.id.get(explorer.focusWord) ?? null;
  return explorer.focus === 'word' ? null : pinnedWord(explorer);
}

/** The word of the pinned step; of the second sentence's where the chips show that. */
export function pinnedWord(explorer: Explorer): number | null {
  if (explorer.focus === 'second' && explorer.second && explorer.step2 !== null)
    return explorer.second.sentence.tokens[explorer.step2]!;
  return explorer.sentence && explorer.step !== null ? explorer.sentence.tokens[explorer.step]! : null;
}

/** The part of speech by word number, where words were tagged. */
export function speechOf(explorer: Explorer): Look['speech'] {
  const part = explorer.vocabulary?.speech?.part;
  return part ? (wordId) => part[wordId] ?? null : null;
}

/** How the picture looks while nothing moves and nothing is under the pointer. */
export function calmLook(explorer: Explorer, effects: Look['effects']): Look {
  return {
    theme: tokens(explorer.theme),
    hover: null,
    held: null,
    step: explorer.step,
    range: explorer.range,
    wordIds: explorer.wordIds,
    pinnedWord: pinnedWord(explorer),
    pinnedCloud: cloudOf(explorer, frontWord(explorer)),
    units: explorer.view.units,
    colourWords: explorer.view.colourWords,
    effects,
    speech: speechOf(explorer),
    linkWidth: explorer.view.linkWidth,
    stepShown: explorer.focus !== null && explorer.focus !== 'word',
    shown: explorer.focus,
    step2: explorer.step2,
    scroll: { sequence: 0, board: 0 },
    progress: 1,
  };
}
