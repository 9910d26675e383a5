import type { ModelEntry, StateSequence, Vocabulary } from '../../data/types';
import { candidates } from '../../model/nextWords';
import { weighted, weightedWord } from '../../model/push';
import { change } from '../../model/sequence';
import { surpriseAt } from '../../model/surprise';
import { tokens, type ThemeName, type Tokens } from '../../paint/colour';
import type { Drawing } from '../../paint/drawing';
import type { Surface } from '../../paint/surface';
import { SvgSurface } from '../../paint/svg';
import { pushTitle, type AnswerWords } from '../../wording/answer';
import { plain } from '../../wording/tip';
import { correlation, count, fixed, plusMinus, signed, surpriseSentence } from '../../wording/format';
import { note } from '../../paint/paintAxis';
import { cameNext, verdict, type ComparedWord, type PinnedEvidence } from '../../data/evidence';
import { pairFacts } from './pairFacts';
import { nextHeight, nextRows, paintNextWords } from './paintNextWords';
import { describePush, paintPush, pushHeight, pushLabels } from './paintPush';
import { describeMark, paintStep, STEP_HEIGHT, stepFrame } from './paintStep';
import { paintWords, WORDS_HEIGHT, wordsFrame } from '../../paint/words';
import { paintWithout, withoutChart } from './paintWithout';
import { pushStrip } from './pushStrip';
import { stepChart } from '../../model/stepChart';
import { describeWithout, type WithoutGroup } from '../../wording/without';
import { wordInputs, wordsChart } from '../../model/wordsChart';

const MARGIN = 24;
const WIDTH = 360;

export interface PanelContent {
  evidence: PinnedEvidence | null;
  /** The pinned step of a second sentence. */
  second?: PinnedEvidence | null;
  /** The pinned word as the vocabulary has it. */
  word: string;
  /** Name of the class whose probability is shown. */
  positive: string;
  /** What words push. */
  answer: AnswerWords;
  compared: readonly ComparedWord[];
  /** Output weights where pushes are shown; what moved without. */
  weights?: Float32Array | null;
  /** The held chip, by its drawn number, and what happens without it. */
  without?: { number: number; units: number; kind: ModelEntry['kind']; groups: readonly WithoutGroup[] } | null;
  vocabulary?: Vocabulary | null;
  /** What the figure was made from: dataset, model, state. */
  source: string;
}

/** The panel as one figure, painted by the very code that paints the screen. */
export function panelDrawing(content: PanelContent, themeName: ThemeName): Drawing {
  const theme = tokens(themeName);
  const { word, without, compared } = content;
  return {
    width: WIDTH + 2 * MARGIN,
    height: paintPanel(new SvgSurface(), content, theme),
    background: theme.surface,
    title: `rnnvis: ${word || (without && !compared.length ? `without chip ${without.number}` : 'words side by side')}`,
    paint: (surface) => paintPanel(surface, content, theme),
  };
}

/** Paints it, and returns its height. */
function paintPanel(surface: Surface, content: PanelContent, theme: Tokens): number {
  let y = MARGIN;
  surface.group({ translate: [MARGIN, 0] }, () => {
    if (content.without) {
      const { number, units, kind, groups } = content.without;
      const chart = withoutChart(groups, WIDTH);
      heading(
        surface,
        `Without chip ${number}; pale: ${units === 1 ? 'single random units' : `random groups of ${units} units`}`,
        (y += 12),
        theme,
      );
      surface.group({ translate: [0, (y += 8)] }, () =>
        paintWithout(surface, chart, WIDTH, theme, null, (row) => describeWithout(row, units, kind)),
      );
      y += chart.height + 8;
    }
    if (content.evidence) y = paintPinned(surface, content, content.evidence, y, theme);
    const { weights } = content;
    const measured = wordInputs(
      weights ? content.compared.map((word) => weightedWord(word, weights)) : content.compared,
    );
    if (measured.length > 0) {
      heading(surface, 'Words side by side', (y += 16), theme);
      surface.group({ translate: [0, (y += 16)] }, () =>
        paintWords(surface, wordsChart(measured, wordsFrame(WIDTH)), theme, null, weights ? 'push' : 'change'),
      );
      y += WORDS_HEIGHT + 8;
      for (const { text, response, effect } of content.compared) {
        if (!response) continue;
        const push = effect ? `, push ${signed(effect.push)} ${plusMinus(effect.pushStandardError ?? NaN)}` : '';
        const halves = response.reliability === null ? '' : `, halves agree r ${correlation(response.reliability)}`;
        surface.text(0, (y += 18), `${text}: ${count(response.count)} uses${push}${halves}`, {
          ...note(theme),
          fill: theme.ink2,
        });
      }
    }
    surface.text(0, (y += 24), content.source, note(theme));
  });
  return y + MARGIN;
}

function heading(surface: Surface, text: string, y: number, theme: Tokens): void {
  surface.text(0, y, text, { family: 'interface', size: 12, weight: 600, fill: theme.ink });
}

function paintPinned(
  surface: Surface,
  content: PanelContent,
  evidence: PinnedEvidence,
  top: number,
  theme: Tokens,
): number {
  const { sentence, step, steps, sequence } = evidence;
  const second = content.second?.sequence ? content.second : null;
  let y = top + 24;
  surface.text(0, y, sentence.surface[step] ?? content.word, {
    family: 'corpus',
    size: 30,
    weight: 600,
    fill: theme.ink,
  });
  y += 22;
  const p = verdict(steps, step);
  const next = cameNext(evidence);
  const surprise = surpriseAt(evidence);
  const facts = [
    `word ${step + 1} of ${sentence.tokens.length}`,
    next && `P(next word) ${fixed(next.p, 3)}, loss ${fixed(-Math.log(next.p))} nats`,
    p && `P(${content.positive}) ${p.before === null ? '' : `${p.before.toFixed(2)} → `}${p.after.toFixed(2)}`,
    Number.isFinite(surprise) && surpriseSentence(surprise),
  ];
  surface.text(0, y, facts.filter(Boolean).join(', '), { ...note(theme), fill: theme.ink2 });
  if (second) {
    for (const fact of pairFacts(evidence, second, content.positive)) {
      surface.text(0, (y += 18), `${fact.name}: ${fact.first} in sentence 1, ${fact.second} in sentence 2`, {
        ...note(theme),
        fill: theme.ink2,
      });
    }
  }
  if (sequence) {
    const { weights = null } = content;
    const shown = weights ? 'push' : 'change';
    const moved = (of: StateSequence, at: number): Float32Array =>
      weights ? weighted(change(of, at), weights) : change(of, at);
    const other = second ? moved(second.sequence!, second.step) : null;
    const { response, quantiles } = weights ? weightedWord(evidence, weights) : evidence;
    const chart = stepChart(moved(sequence, step), response, quantiles, stepFrame(WIDTH), other);
    heading(surface, `${second ? 'Both steps' : 'This step'} against the usual “${content.word}”`, (y += 32), theme);
    surface.group({ translate: [0, (y += 12)] }, () =>
      paintStep(surface, chart, theme, null, (mark) => plain(describeMark(mark, chart.basis, null, shown)), shown),
    );
    y += STEP_HEIGHT;
  }
  if (steps?.next && content.vocabulary) {
    const rows = nextRows(candidates(steps.next, step, sentence, content.vocabulary), cameNext(evidence));
    heading(surface, 'What it expected next', (y += 20), theme);
    surface.group({ translate: [0, (y += 8)] }, () => paintNextWords(surface, rows, WIDTH, theme, null));
    y += nextHeight(rows);
  }
  const here = steps?.push?.[step] ?? NaN;
  if (Number.isFinite(here)) {
    const values = { quantiles: evidence.effect?.quantiles ?? null, here, reversed: evidence.reversed };
    const frame = { left: 36, right: WIDTH };
    const strip = pushStrip(values, frame.left, frame.right);
    const labels = pushLabels(strip, values, WIDTH, theme, 28);
    heading(surface, pushTitle(content.answer), (y += 20), theme);
    surface.group({ translate: [0, (y += 8)] }, () =>
      paintPush(
        surface,
        strip,
        values,
        labels,
        frame,
        theme,
        plain(describePush(values, content.word, content.answer)),
      ),
    );
    y += pushHeight(labels);
  }
  return y + 16;
}
