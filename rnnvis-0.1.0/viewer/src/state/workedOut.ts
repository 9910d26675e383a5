/** What is not published of a published sentence, worked out by the model in the page, which is first held against its answers. */

import type { AnswerMemory } from '../data/answerMemory';
import { isReversed } from '../data/decode';
import { Lru } from '../data/lru';
import type { Sentence, StateSequence } from '../data/types';
import { answerParts } from '../model/answerMemory';
import { gatedOf } from '../model/gated';
import { scoreAfter } from '../model/push';
import { weightsOf } from './pushing.svelte';
import type { Reader, Reading } from './reader';

/** Sentences whose states are kept. */
const KEPT = 200;
/** By how much of its parts, or of 1, an answer may miss their sum. */
const NEAR = 2e-3;

export class WorkedOut {
  readonly #states = new Lru<StateSequence>(KEPT);

  constructor(private readonly reader: Reader) {}

  /** The state of `reading` along a published sentence. Rejects where the model does not come to its published answers. */
  states(reading: Reading, sentence: Sentence): Promise<StateSequence> {
    const { source, state } = reading;
    return this.#states.get(`${source.owner(state)} ${sentence.id}`, async () => {
      const passage = await this.reader.passage(reading, sentence.key, `states ${state.name} ${sentence.key}`);
      return { ...passage!.sequence!, workedOut: true };
    });
  }

  /**
   * What of each word is in the answers along a published sentence, as the pipeline takes it apart; `followed` is the class.
   * Null where the answer is not one sum over the gated states of one layer that reads forward.
   */
  async answerMemory(reading: Reading, sentence: Sentence, followed: number | null): Promise<AnswerMemory | null> {
    const { source, model } = reading;
    const [state, ...others] = model.states.filter(({ read_by_head: read }) => read);
    if (!state || others.length || isReversed(state)) return null;
    const weights = await weightsOf(source, model, state, followed);
    const asked = weights && (await this.reader.asked({ ...reading, state }, sentence.key));
    if (!asked) return null;
    const ran = await this.reader.run(reading, { ...asked.ask, gates: true, lane: `memory of ${sentence.key}` });
    const gated = gatedOf(ran, state.name);
    if (!gated || gated.units !== weights.length) return null;
    const known = Array.from({ length: ran.steps.length }, (_, step) => scoreAfter(ran.steps, step));
    const last = known.findLastIndex(Number.isFinite);
    if (last < 0) return null;
    const { units, values } = ran.sequence;
    const read = weights.reduce((sum, weight, unit) => sum + weight * values[last * units + unit]!, 0);
    const memory = answerParts(gated, weights, known[last]! - read);
    const steps = new Map([...memory.steps].filter(([step]) => Number.isFinite(known[step])));
    const off = [...steps.values()].some(
      ({ step, answer }) => Math.abs(answer - known[step]!) > NEAR * Math.max(1, Math.abs(known[step]!)),
    );
    return off ? null : { ...memory, steps, last };
  }
}
