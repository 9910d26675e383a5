/** A step model that runs: asks in, states and answers out. Works in pauses, and keeps what it ran. */

import type { SentenceSteps, StateSequence } from '../data/types';
import { answersOf, scoreOf, type NextRun } from './answers';
import type { Work } from './kernels';
import type { Spec } from './parts';
import { gatesOf, keptOf, runStack, sharing, taskOf, type Shared, type StackRun, type Task } from './stack';
import type { Ask, Held, Ran } from './types';

/** Runs that are kept, and float32 numbers in all of them: 128 MB. */
const RUNS = 6;
const ROOM = 32 * 1024 * 1024;
const NONE = { first: 0, last: -1 };

interface Kept {
  stack: StackRun;
  next: NextRun | null;
}

interface Nearest extends Kept {
  shared: Shared;
}

export class Interpreter {
  /** The one run last stands last. */
  private kept: Kept[] = [];

  constructor(private readonly spec: Spec) {}

  *run(ask: Ask): Work<Ran> {
    const { stack, steps } = yield* this.along(ask, true);
    const states: Record<string, StateSequence> = {};
    for (const [name, place] of this.spec.places) {
      const run = stack.layers.get(place.layer.name)!;
      states[name] = {
        length: stack.steps,
        units: place.units,
        initial: run.initial.get(place.part)!.slice(),
        values: run.parts.get(place.part)!.slice(),
        ...(place.layer.reversed && { reversed: true }),
      };
    }
    const { layer } = this.spec.places.get(ask.state)!;
    const gates = ask.gates ? gatesOf(layer, stack.layers.get(layer.name)!, stack.steps) : {};
    return { sequence: states[ask.state]!, states, steps, gates: Object.keys(gates).length ? gates : null };
  }

  /** The answers alone. What was run is not kept, so that what many share stays. */
  *answers(ask: Ask): Work<SentenceSteps> {
    return (yield* this.along(ask, false)).steps;
  }

  /** Runs the sequence that others will differ from, and keeps it. */
  *prepare(ask: Ask): Work<void> {
    const task = taskOf(this.spec, ask);
    const nearest = this.nearest(task);
    if (nearest && isWhole(nearest.shared, task)) this.keep(nearest);
    else yield* this.along({ ...ask, answered: NONE }, true);
  }

  /** The number of `StepModel.without` for one group of holds. */
  *without(ask: Ask, group: readonly Held[]): Work<number> {
    const held = { ...ask, held: [...(ask.held ?? []), ...group] };
    const task = taskOf(this.spec, held);
    const { head } = this.spec;
    if (!head || !task.steps) return Number.NaN;
    const nearest = this.nearest(task);
    const stack = yield* runStack(this.spec, task, nearest?.stack ?? null, nearest?.shared ?? null);
    return yield* scoreOf(head, held, stack);
  }

  private *along(ask: Ask, keep: boolean): Work<{ stack: StackRun; steps: SentenceSteps }> {
    const task = taskOf(this.spec, ask);
    const nearest = this.nearest(task);
    const stack = yield* runStack(this.spec, task, nearest?.stack ?? null, nearest?.shared ?? null);
    const { head } = this.spec;
    let steps = noAnswers(stack.steps);
    let next: NextRun | null = null;
    if (head && stack.steps) {
      // What a graph of all words says after a word may come of later words too.
      const same =
        head.at === 'whole'
          ? 0
          : Math.min(...head.reads.map(({ layer }) => nearest?.shared.get(layer.name)?.first ?? 0));
      ({ steps, next } = yield* answersOf(head, ask, stack, nearest?.next ?? null, same));
    }
    if (keep) this.keep({ stack, next });
    return { stack, steps };
  }

  /** The kept run of which most steps can be taken over; of equal ones the latest. */
  private nearest(task: Task): Nearest | null {
    let best: Nearest | null = null;
    let most = 1;
    for (const kept of this.kept) {
      const shared = sharing(this.spec, task, kept.stack);
      const steps = this.spec.layers.reduce((sum, { name }) => sum + stepsOf(shared, name), 0);
      if (steps >= most) [best, most] = [{ ...kept, shared }, steps];
    }
    return best;
  }

  private keep({ stack, next }: Kept): void {
    const others = this.kept.filter((kept) => !isWhole(sharing(this.spec, stack, kept.stack), stack));
    this.kept = [...others, { stack, next }].slice(-RUNS);
    const size = (kept: Kept): number => kept.stack.steps * keptOf(this.spec);
    let room = ROOM - this.kept.reduce((sum, kept) => sum + size(kept), 0);
    while (room < 0 && this.kept.length) room += size(this.kept.shift()!);
  }
}

function stepsOf(shared: Shared, name: string): number {
  const { first, last } = shared.get(name)!;
  return Math.max(first, last);
}

/** Whether nothing of the task is left to run. */
function isWhole(shared: Shared, { steps }: Task): boolean {
  return [...shared.values()].every(({ first, last }) => first === steps && last === steps);
}

function noAnswers(length: number): SentenceSteps {
  return {
    length,
    pClass: null,
    classes: 0,
    followed: 0,
    value: null,
    target: null,
    push: null,
    loss: null,
    next: null,
    surprise: null,
  };
}
