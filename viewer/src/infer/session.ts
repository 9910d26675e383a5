/** The model at work, in a worker or on the page: jobs in slices, the newest run first, the older one of its lane given up. */

import { DataProblem } from '../data/problem';
import type { SentenceSteps } from '../data/types';
import { faultOf, refused } from './fault';
import { openGraphs } from './graphs';
import { Interpreter } from './interpreter';
import type { Work } from './kernels';
import type { Job, Reply, Request, Result } from './messages';
import type { OpenGraph } from './runner';
import { readSafetensors } from './safetensors';
import { readSpec } from './spec';
import { rooms } from './simd';
import { MOST, type Ask } from './types';

interface Running {
  id: number;
  /** Null of a job in the background. */
  lane: string | null;
  work: Work<Result>;
}

export class Session {
  private model: Interpreter | null = null;
  private running: Running[] = [];
  private busy = false;

  /**
   * `slice`: ms of work between two pauses, in which messages and the page have their turn; `openGraph`: what runs ONNX
   * graphs, where there is that.
   */
  constructor(
    private readonly reply: (reply: Reply) => void,
    private readonly slice: number,
    private readonly openGraph: OpenGraph | null = null,
  ) {}

  hear(request: Request): void {
    if ('open' in request) void this.guarded(null, () => this.open(request.open, request.url));
    else if ('cancel' in request) this.drop(({ id }) => id === request.id);
    else void this.guarded(request.id, () => this.start(request.id, request.job));
  }

  close(): void {
    this.drop(() => true);
    this.model = null;
  }

  private async open(bytes: ArrayBuffer, url: string): Promise<void> {
    const fault = faultOf(url);
    const spec = readSpec(readSafetensors(bytes, fault, rooms), fault);
    await openGraphs(spec, this.openGraph, fault);
    this.model = new Interpreter(spec);
    const { states, words, handed } = spec;
    this.reply({ opened: { states, means: spec.head?.means ?? null, words, handed } });
  }

  private start(id: number, job: Job): void {
    const { model } = this;
    if (!model) throw new Error('the model is not open');
    const lane = job.kind === 'run' ? (job.ask.lane ?? '') : null;
    if (lane !== null) this.drop((other) => other.lane === lane);
    this.running.push({ id, lane, work: this.workOf(id, job, model) });
    if (!this.busy) void this.go();
  }

  private workOf(id: number, job: Job, model: Interpreter): Work<Result> {
    if (job.kind === 'run') return model.run(job.ask);
    const many = job.kind === 'without' ? job.groups.length : job.asks.length;
    if (many > MOST)
      throw refused(
        `${many.toLocaleString('en')} runs at once are too many`,
        `Take at most ${MOST.toLocaleString('en')}.`,
      );
    const told = (done: number): void => this.reply({ id, done, of: many });
    return job.kind === 'without' ? without(model, job.ask, job.groups, told) : variants(model, job.asks, told);
  }

  /** Runs the newest run, and what is in the background while there is none. */
  private async go(): Promise<void> {
    this.busy = true;
    for (;;) {
      await pause(); // What has already arrived may make a job needless.
      const job = this.running.findLast(({ lane }) => lane !== null) ?? this.running[0];
      if (!job) break;
      const until = performance.now() + this.slice;
      await this.guarded(job.id, () => this.advance(job, until));
    }
    this.busy = false;
  }

  private async advance(job: Running, until: number): Promise<void> {
    while (performance.now() < until) {
      const next = job.work.next();
      if (next.done) {
        this.running = this.running.filter((other) => other !== job);
        this.reply({ id: job.id, result: next.value });
        return;
      }
      if (!next.value) continue;
      await next.value;
      if (!this.running.includes(job)) return; // It was given up meanwhile.
    }
  }

  private drop(which: (job: Running) => boolean): void {
    const dropped = this.running.filter(which);
    this.running = this.running.filter((job) => !dropped.includes(job));
    for (const { id } of dropped) this.reply({ id, cancelled: true });
  }

  private async guarded(id: number | null, act: () => void | Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.running = this.running.filter((job) => job.id !== id);
      if (error instanceof DataProblem) {
        const { what, where, fix } = error;
        this.reply({ id, problem: { what, where, fix } });
      } else this.reply({ id, failed: error instanceof Error ? error.message : String(error) });
    }
  }
}

function* without(
  model: Interpreter,
  ask: Ask,
  groups: readonly (readonly Parameters<Interpreter['without']>[1][number][])[],
  told: (done: number) => void,
): Work<Float64Array> {
  const found = new Float64Array(groups.length);
  yield* model.prepare(ask);
  for (let i = 0; i < groups.length; i++) {
    found[i] = yield* model.without(ask, groups[i]!);
    told(i + 1);
    yield;
  }
  return found;
}

function* variants(model: Interpreter, asks: readonly Ask[], told: (done: number) => void): Work<SentenceSteps[]> {
  const found: SentenceSteps[] = [];
  for (const ask of asks) {
    found.push(yield* model.answers(ask));
    told(found.length);
    yield;
  }
  return found;
}

/** Until the event loop had a turn; timers would wait 4 ms. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (): void => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
