import type { ChipEffects } from '../data/measured';
import type { Vocabulary, WordResponse } from '../data/types';
import { placeOf, shownParts } from '../model/answerMemory';
import { rankOf, shownAttention } from '../model/attention';
import { memorySubject } from './answerMemory';
import { blockOf, blocksOf, type Blocks } from '../model/blocks';
import { groups, strength } from '../model/groups';
import { moversOf } from '../model/clouds';
import { candidates } from '../model/nextWords';
import { digitsFor } from '../model/scale';
import { secondSide } from '../model/pair';
import type { PictureData } from '../model/pictureData';
import type { Scene } from '../model/scene';
import { keptShare } from '../model/sequence';
import { signalLanes, valueAt } from '../model/signal';
import type { Focus, Hover } from '../state/types';
import { answerWords, inUnit, pushed, type AnswerWords } from './answer';
import { explains } from './explained';
import { correlation, count, fixed, percent, signed, significant } from './format';
import { ofAllText, withoutLine } from './without';
import { corpus, corpusList, type Segment, type TooltipContent } from './tip';

/** What tooltips speak about, besides the data of the picture. */
export interface Facts {
  data: PictureData;
  scene: Scene;
  /** What the chips are coloured by. */
  focus: Focus | null;
  focusWord: string | null;
  responses: ReadonlyMap<number, WordResponse>;
  effects: ((wordId: number) => number | null) | null;
  /** What happens without each chip, where that was asked for and measured. */
  losses?: ChipEffects | null;
}

function digits(facts: Facts): number {
  return digitsFor(facts.scene.colourLimit);
}

function token(facts: Facts, step: number): string {
  return facts.data.sentence?.surface[step] ?? '';
}

function answering({ data }: Facts): AnswerWords {
  return answerWords(data.model, data.steps?.followed ?? null);
}

/** `Pushed −0.39 in log-odds, towards negative, at “dull”`; where what moved is shown, `Rose by 0.069 on average at “though”`. */
function movement(facts: Facts, value: number, average: boolean): Segment[] {
  if (!Number.isFinite(value)) return [];
  if (facts.scene.pushed) return push(facts, value);
  const size = fixed(Math.abs(value), digits(facts));
  const mean = average ? ' on average' : '';
  if (facts.focus === 'word') {
    return [`Usually ${value < 0 ? 'falls' : 'rises'} by ${size}${mean} at “`, corpus(facts.focusWord ?? ''), '”.'];
  }
  if (facts.focus === 'difference') return [`${signed(value, digits(facts))}${mean} in sentence 1 minus sentence 2.`];
  if (facts.focus === 'second') return movement({ ...side(facts), focus: 'step' }, value, average);
  const at = facts.data.step === null ? '' : token(facts, facts.data.step);
  return [`${value < 0 ? 'Fell' : 'Rose'} by ${size}${mean} at “`, corpus(at), '”.'];
}

function push(facts: Facts, value: number): Segment[] {
  const of = pushed(value, answering(facts), digits(facts));
  if (facts.focus === 'word') return [`Usually pushes ${of}, at “`, corpus(facts.focusWord ?? ''), '”.'];
  if (facts.focus === 'difference') return [`${of}: the push in sentence 1 minus that in sentence 2.`];
  if (facts.focus === 'second') return push({ ...side(facts), focus: 'step' }, value);
  return [`Pushed ${of}, at “`, corpus(facts.data.step === null ? '' : token(facts, facts.data.step)), '”.'];
}

/** The same facts with the second sentence in the place of the first. */
function side(facts: Facts): Facts {
  const { second } = facts.data;
  return second ? { ...facts, data: { ...facts.data, ...second }, scene: secondSide(facts.scene) } : facts;
}

function difference(facts: Facts, cluster: number): TooltipContent | null {
  const drawn = facts.scene.difference?.bars.find((bar) => bar.cluster === cluster);
  if (!drawn) return null;
  const places = digits(facts);
  const [first, second] = facts.scene.difference!.words;
  const shown = facts.scene.pushed;
  const did = (value: number): string =>
    shown
      ? `pushed ${pushed(value, answering(facts), places)}`
      : `${value < 0 ? 'fell' : 'rose'} by ${fixed(Math.abs(value), places)}`;
  return {
    title: [`Chip ${drawn.number}: ${signed(drawn.value, places)}`],
    lines: [
      ['At “', corpus(first), `” in sentence 1 it ${did(drawn.first)}${shown ? '' : ' on average'},`],
      ['at “', corpus(second), `” in sentence 2 it ${did(drawn.second)}.`],
    ],
    hint: null,
  };
}

function movers(facts: Facts, cluster: number): Segment[] {
  const { clustering, vocabulary } = facts.data;
  if (!clustering || !vocabulary) return [];
  const { raise, lower } = moversOf(clustering, cluster, 2);
  const text = (ids: number[]): string[] => ids.map((id) => vocabulary.text[id] ?? '');
  const parts: Segment[] = [];
  if (raise.length) parts.push('Raised most by ', ...corpusList(text(raise)));
  if (lower.length) parts.push(raise.length ? '; lowered most by ' : 'Lowered most by ', ...corpusList(text(lower)));
  return parts.length ? [...parts, '.'] : [];
}

function unstable(stability: number | null): Segment[] {
  return stability !== null && stability < 0.5
    ? [`Unstable: in two halves of the text it agrees only to ${percent(stability)}.`]
    : [];
}

/** What a language model expected after the step, and what it gave the word that came. */
function guesses({ data }: Facts, index: number): Segment[][] {
  const { sentence, steps, vocabulary } = data;
  if (!sentence || !steps?.next || !vocabulary) return [];
  const lines: Segment[][] = [];
  const came = sentence.surface[index + 1];
  const p = steps.next.p[index]!;
  if (came !== undefined && Number.isFinite(p))
    lines.push(['It gave “', corpus(came), `”, which came next, ${fixed(p)}.`]);
  const list = candidates(steps.next, index, sentence, vocabulary).slice(0, 3);
  const said = list.flatMap(({ text, p: share }, i): Segment[] => [
    ...(i ? [', '] : []),
    '“',
    corpus(text),
    `” ${fixed(share)}`,
  ]);
  return [...lines, ['Likeliest: ', ...said, '.']];
}

/** What the model was fed at the step, channel by channel where they are few. */
function fed({ scene }: Facts, index: number): Segment[][] {
  const signal = scene.sequence?.signal;
  if (!signal) return [];
  const { lines } = signalLanes(signal);
  const said = lines.flatMap((channel, i): Segment[] => [
    ...(i ? [', '] : []),
    corpus(signal.channels[channel]!.name),
    ` ${significant(valueAt(signal, index, channel))}`,
  ]);
  return said.length ? [['Fed: ', ...said, '.']] : [];
}

/** How much attention the word got from the one reading, or to which words it pays its own. */
function attention({ data }: Facts, index: number): Segment[][] {
  const { sentence, steps } = data;
  const shown = shownAttention(steps?.attention ?? null, index, null);
  if (!sentence || !shown) return [];
  const { weights } = shown;
  const weight = (i: number): string => fixed(weights[i] ?? 0, 3);
  if (shown.pooled) {
    const rank = rankOf(weights, index);
    return [
      [
        `Attention ${weight(index)}: ${rank === 1 ? 'the largest' : `number ${rank}`} of ${weights.length}, which sum to ${fixed(weights.reduce((a, b) => a + b, 0))}.`,
      ],
    ];
  }
  const most = [...weights.keys()]
    .filter((i) => weights[i]! > 0)
    .sort((a, b) => weights[b]! - weights[a]!)
    .slice(0, 3);
  if (!most.length) return [['Pays no attention to any word.']];
  return [
    [
      'Pays most attention to ',
      ...most.flatMap((i, n): Segment[] => [
        ...(n ? [', '] : []),
        '“',
        corpus(sentence.surface[i] ?? ''),
        `” ${weight(i)}`,
      ]),
      '.',
    ],
  ];
}

/** What of the word is in the answer that is taken apart, and of the word after which that is, how many words are in it. */
function inAnswer({ data, scene }: Facts, index: number): Segment[][] {
  const shown = shownParts(scene.sequence?.memory ?? null, data.step);
  const part = shown?.part[index];
  if (!shown || part === undefined) return [];
  const { surface } = data.sentence!;
  const subject = memorySubject(data.model, data.steps, surface[shown.step + 1]);
  return [
    [
      `${signed(part, 3)} of ${signed(shown.answer, 3)}, ${subject} after “`,
      corpus(surface[shown.step] ?? ''),
      `”, stands in memory since this word: number ${placeOf(shown.part, index)} of ${shown.part.length}. Direct paths only.`,
    ],
  ];
}

/** The units that are followed, at the word and the one before. */
function alongUnits({ scene }: Facts, index: number): Segment[][] {
  return (scene.sequence?.followed.list ?? []).map(({ unit, values }) => [
    `Unit ${unit}: ${index > 0 ? `${signed(values[index - 1]!, 3)} → ` : ''}${signed(values[index]!, 3)}.`,
  ]);
}

function step(facts: Facts, index: number): TooltipContent | null {
  const { sentence, sequence, steps } = facts.data;
  const row = facts.scene.sequence?.rows[index];
  if (!sentence || !row) return null;
  const lines: Segment[][] = [];
  if (row.unknown)
    lines.push(['Not in the vocabulary, read as ', corpus(facts.data.vocabulary?.text[row.wordId] ?? '<unk>'), '.']);
  if (steps?.next) lines.push(...guesses(facts, index));
  else if (row.p !== null) {
    const before = index > 0 ? facts.scene.sequence?.rows[index - 1]?.p : null;
    const name = facts.scene.sequence?.trackName ?? '';
    lines.push([
      before !== null && before !== undefined
        ? `${name} ${fixed(before)} → ${fixed(row.p)}.`
        : `${name} ${fixed(row.p)}.`,
    ]);
  }
  if (row.push !== null) lines.push([`Pushed ${pushed(row.push, answering(facts))}.`]);
  if (sequence && row.amounts.length) {
    const kept = keptShare(sequence, index);
    if (Number.isFinite(kept)) lines.push([`${percent(kept)} of the memory was kept.`]);
    const order = row.amounts
      .map((amount, i) => ({ amount, number: i + 1 }))
      .sort((a, b) => Math.abs(b.amount) - Math.abs(a.amount));
    const most = order.slice(0, 2).map(({ amount, number }) => {
      if (facts.scene.pushed) return `chip ${number} ${signed(amount, digits(facts))}`;
      return `chip ${number} ${amount < 0 ? 'fell' : 'rose'} by ${fixed(Math.abs(amount), digits(facts))}`;
    });
    lines.push([`${facts.scene.pushed ? 'Pushed most' : 'Moved most'}: ${most.join(', ')}.`]);
  }
  lines.push(...fed(facts, index), ...attention(facts, index), ...inAnswer(facts, index), ...alongUnits(facts, index));
  const surprise = steps?.surprise?.[index];
  if (surprise !== undefined && Number.isFinite(surprise))
    lines.push([`Further from the usual than ${fixed(surprise, 0)} % of this word’s uses.`]);
  return {
    title: ['“', corpus(row.token), `”, word ${index + 1} of ${sentence.tokens.length}`],
    lines,
    hint: index === facts.data.step ? 'Click to unpin' : 'Click to pin',
  };
}

function half(name: string, now: number, change: number, places: number): Segment[] {
  const before = now - change;
  if (Math.abs(now) < 0.5 * 10 ** -places && Math.abs(before) < 0.5 * 10 ** -places) return [`${name}: none.`];
  const grew = Math.abs(now) > Math.abs(before);
  return [
    `${name} ${fixed(before, places)} → ${fixed(now, places)}: ${grew ? 'gained' : 'lost'} ${fixed(Math.abs(change), places)}.`,
  ];
}

function bar(facts: Facts, index: number, cluster: number): TooltipContent | null {
  const row = facts.scene.sequence?.rows[index];
  const i = row?.bars.findIndex((b) => b.cluster === cluster) ?? -1;
  const b = row?.bars[i];
  if (!row || !b) return step(facts, index);
  const places = digits(facts);
  const lines: Segment[][] = [];
  if (facts.scene.pushed) {
    lines.push([`Pushed ${pushed(row.amounts[i]!, answering(facts), places)}: the sum over its units.`]);
    if (row.push !== null) lines.push([`The whole word pushed ${signed(row.push, places)}.`]);
  } else lines.push(half('Positive', b.p, b.deltaP, places), half('Negative', b.n, b.deltaN, places));
  lines.push([`Mean change ${signed(b.deltaP + b.deltaN, places)}.`]);
  if (Number.isFinite(b.keptRate)) lines.push([`${percent(b.keptRate)} of what it held was kept.`]);
  const { note } = answering(facts);
  if (facts.scene.pushed && note) lines.push([note]);
  return {
    title: [`Chip ${i + 1} at “`, corpus(row.token), '”'],
    lines,
    hint: index === facts.data.step ? 'Click to unpin the step' : 'Click to pin the step',
  };
}

function without({ losses }: Facts, cluster: number, units: number): Segment[] {
  const effect = ofAllText(losses ?? null, cluster);
  return effect ? [withoutLine(effect, units)] : [];
}

function chip(facts: Facts, cluster: number, unit: number | null): TooltipContent | null {
  const drawn = facts.scene.chips?.list.find((c) => c.group.cluster === cluster);
  if (!drawn) return null;
  const number = drawn.group.number;
  if (unit !== null) {
    const cell = drawn.cells.of(unit);
    const { each } = drawn.cells;
    const shared: Segment[] =
      each > 1 ? [`It stands for ${each} units, of which it ${facts.scene.pushed ? 'pushes' : 'moves'} most.`] : [];
    return {
      title: [`Unit ${unit}, in chip ${number}`],
      lines: [movement(facts, cell?.value ?? NaN, false), shared].filter((l) => l.length),
      hint: 'Click to open the unit',
    };
  }
  const shown = facts.focus === 'second' ? side(facts) : facts;
  const row =
    (facts.focus === 'step' || facts.focus === 'second') && shown.data.step !== null
      ? shown.scene.sequence?.rows[shown.data.step]
      : undefined;
  const kept = row?.bars.find((b) => b.cluster === cluster)?.keptRate ?? NaN;
  const units = drawn.group.members.length;
  const lines = [
    movement(facts, drawn.amount, true),
    Number.isFinite(kept) ? [`${percent(kept)} of it was kept from the step before.`] : [],
    movers(facts, cluster),
    without(facts, cluster, units),
    drawn.group.explained ? [explains(drawn.group.explained)] : [],
    unstable(drawn.group.stability),
  ];
  return {
    title: [`Chip ${number}, ${count(units)} ${units === 1 ? 'unit' : 'units'}`],
    lines: lines.filter((l) => l.length),
    hint: 'Click to hold its links and size the words by it',
  };
}

/** What the links are drawn by. */
function linked({ scene, data }: Facts): Blocks | null {
  return data.clustering && blocksOf(data.clustering, scene.links?.pushed ?? false, data.followed ?? null);
}

/** `On average they raise chip 2 by 0.117, lower chip 8 by 0.107`, or what they push through each. */
function blocks(facts: Facts, cluster: number): Segment[] {
  const { clustering } = facts.data;
  const of = linked(facts);
  if (!clustering || !of) return [];
  const all = groups(clustering.units)
    .map((group) => ({ number: group.number, value: blockOf(of, clustering, cluster, group.cluster) }))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, 3);
  const places = digits(facts);
  if (of.pushed)
    return [
      `On average they push ${all.map((b) => `${signed(b.value, places)} through chip ${b.number}`).join(', ')}.`,
    ];
  const top = all.map(
    (b) => `${b.value < 0 ? 'lower' : 'raise'} chip ${b.number} by ${fixed(Math.abs(b.value), places)}`,
  );
  return [`On average they ${top.join(', ')}.`];
}

function cloud(facts: Facts, cluster: number): TooltipContent | null {
  const drawn = facts.scene.clouds?.list.find((c) => c.group.cluster === cluster);
  if (!drawn) return null;
  const { group } = drawn;
  const words = drawn.words.length + drawn.more.length;
  const number = facts.scene.numbers.get(drawn.chip) ?? 0;
  const lines: Segment[][] = [blocks(facts, cluster), [`Sized by the response of chip ${number}.`]];
  const said = answering(facts);
  const mean = group.effect ?? group.effects?.[facts.data.steps?.followed ?? 0] ?? null;
  if (mean !== null) lines.push([`Mean effect on ${said.subject} ${inUnit(signed(mean), said)}.`]);
  if (drawn.more.length) lines.push([`${count(drawn.more.length)} of them do not fit and are listed under “more”.`]);
  lines.push(unstable(group.stability));
  return {
    title: [`Words ${group.number}, ${count(words)} ${words === 1 ? 'word' : 'words'}`],
    lines: lines.filter((l) => l.length),
    hint: 'Click to hold their links',
  };
}

/** `Adjective in 92 % of its uses.`; null where the word was not tagged. */
export function speechLine(vocabulary: Vocabulary, wordId: number): string | null {
  const part = vocabulary.speech?.part[wordId];
  const share = vocabulary.speech?.share[wordId];
  if (!part) return null;
  const name = part === 'other' ? 'Another part of speech' : `${part.charAt(0).toUpperCase()}${part.slice(1)}`;
  return share === null || share === undefined ? `${name}.` : `${name} in ${percent(share)} of its uses.`;
}

function word(facts: Facts, wordId: number, cluster: number): TooltipContent | null {
  const { clustering, vocabulary, words } = facts.data;
  const drawn = facts.scene.clouds?.list.find((c) => c.group.cluster === cluster);
  const entry = drawn && [...drawn.words, ...drawn.more].find((w) => w.wordId === wordId);
  if (!clustering || !vocabulary || !drawn || !entry) return null;
  const places = digits(facts);
  const all = groups(clustering.units)
    .map((group) => ({ number: group.number, value: strength(clustering, entry.index, group.cluster) }))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const parts = all
    .slice(0, 2)
    .map((b) => `${b.value < 0 ? 'lowers' : 'raises'} chip ${b.number} by ${fixed(Math.abs(b.value), places)}`);
  const lines: Segment[][] = [[`Usually ${parts.join(', ')}.`]];
  const response = facts.responses.get(wordId);
  if (response)
    lines.push([
      `Measured over ${count(response.count)} ${response.count === 1 ? 'use' : 'uses'}${response.reliability === null ? '' : `; halves agree, r\u00a0${correlation(response.reliability)}`}.`,
    ]);
  const part = speechLine(vocabulary, wordId);
  if (part) lines.push([part]);
  const effect = facts.effects?.(wordId) ?? null;
  const said = answering(facts);
  if (effect !== null) lines.push([`Effect on ${said.subject} ${inUnit(signed(effect), said)}.`]);
  return {
    title: [corpus(entry.text), `, in words ${drawn.group.number}`],
    lines,
    hint: words.includes(entry.text) ? 'Click to deselect' : 'Click to select',
  };
}

function link(facts: Facts, wordCluster: number, unitCluster: number): TooltipContent | null {
  const { clustering } = facts.data;
  const of = linked(facts);
  if (!clustering || !of) return null;
  const value = blockOf(of, clustering, wordCluster, unitCluster);
  const cloudNumber = clustering.words.order.indexOf(wordCluster) + 1;
  const chipNumber = clustering.units.order.indexOf(unitCluster) + 1;
  const places = Math.max(3, digits(facts));
  if (of.pushed)
    return {
      title: [`Words ${cloudNumber} through chip ${chipNumber}`],
      lines: [
        [`On average they push ${pushed(value, answering(facts), places)}: the sum over the chip’s units.`],
        ...(answering(facts).note ? [[answering(facts).note!]] : []),
      ],
      hint: null,
    };
  return {
    title: [`Words ${cloudNumber} ${value < 0 ? 'lower' : 'raise'} chip ${chipNumber}`],
    lines: [[`By ${fixed(Math.abs(value), places)} on average, over all its units and their words.`]],
    hint: null,
  };
}

/** What the mark under the pointer, or under the keyboard focus, says in words and numbers. */
export function describe(hover: Hover | null, facts: Facts): TooltipContent | null {
  if (!hover) return null;
  switch (hover.kind) {
    case 'step':
      if (hover.second) return describe({ kind: 'step', step: hover.step, cluster: hover.cluster }, side(facts));
      return hover.cluster === null ? step(facts, hover.step) : bar(facts, hover.step, hover.cluster);
    case 'difference':
      return difference(facts, hover.cluster);
    case 'chip':
      return chip(facts, hover.cluster, hover.unit);
    case 'cloud':
      return cloud(facts, hover.cluster);
    case 'word':
      return word(facts, hover.wordId, hover.cluster);
    case 'link':
      return link(facts, hover.wordCluster, hover.unitCluster);
  }
}
