import type { Explorer } from '../../state/explorer.svelte';
import { comparedWords } from '../../data/evidence';
import { weightedWord } from '../../model/push';
import { descending } from '../../model/order';
import { paintWords } from '../../paint/words';
import { wordInputs, wordsChart, type WordInput } from '../../model/wordsChart';
import { callouts, type Callout } from './callout';
import type { HelpFigure } from './figures';

const FEW = 6;
const FRAME = { left: 44, right: 300, top: 10, bottom: 158 };

/** The units that the first word raises and lowers most, magnified. */
export async function sideBySideFigure(explorer: Explorer): Promise<HelpFigure | null> {
  const { source, model, state, vocabulary, view } = explorer;
  if (!source || !model || !state || !vocabulary) return null;
  const weights = explorer.pushing.shown;
  const compared = await comparedWords(source, model, state, vocabulary, view.words);
  const words = wordInputs(weights ? compared.map((word) => weightedWord(word, weights)) : compared).slice(0, 2);
  if (words.length === 0) return null;
  const units = [...descending(words[0]!.response.mean)];
  const chosen = units.length > 2 * FEW ? [...units.slice(0, FEW), ...units.slice(-FEW)] : units;
  const chart = wordsChart(
    words.map((word) => only(word, chosen)),
    FRAME,
  );
  return {
    caption: `${chosen.length} units: those that “${words[0]!.text}” ${weights ? 'pushes up through most and down through most' : 'raises most and lowers most'}`,
    height: 184,
    paint: (surface, theme) => {
      paintWords(surface, chart, theme, null, weights ? 'push' : 'change');
      const last = chart.marks.length - 1;
      const notes = chart.words.flatMap((word): Callout[] => {
        const colour = theme.selected[word.place]!;
        const band = word.inner[last];
        const outer = word.outer[last];
        return [
          { text: `mean of “${word.text}”`, y: word.mean[last]!, colour },
          ...(word === chart.words[0] && band && outer
            ? [
                { text: 'middle 50 %', y: (band[0] + band[1]) / 2 },
                { text: '9th to 91st percentile', y: outer[1] },
              ]
            : []),
        ];
      });
      callouts(surface, notes, 'right', FRAME.right + 3, FRAME.right + 24, { top: 0, bottom: 172 }, theme);
    },
  };
}

/** A word with some of its units only. */
function only(word: WordInput, units: readonly number[]): WordInput {
  const pick = (values: Float32Array): Float32Array => Float32Array.from(units, (unit) => values[unit]!);
  const { response, quantiles: q } = word;
  return {
    ...word,
    response: {
      ...response,
      mean: pick(response.mean),
      standardError: response.standardError && pick(response.standardError),
    },
    quantiles: q && { q09: pick(q.q09), q25: pick(q.q25), q50: pick(q.q50), q75: pick(q.q75), q91: pick(q.q91) },
  };
}
