/** The model of the page, wherever its work is done. */

import type { Means } from '../data/answer';
import { DataProblem, outOfMemory } from '../data/problem';
import type { SentenceSteps } from '../data/types';
import { refused } from './fault';
import type { Job, Opened, Reply, Request, Result } from './messages';
import type { Handed, SpecWords } from './parts';
import { Cancelled, type Ask, type Held, type Progress, type Ran, type StepModel } from './types';

/** Where requests go and replies come from. */
export interface Place {
  apart: boolean;
  send(request: Request, transfer?: Transferable[]): void;
  hear(listener: (reply: Reply) => void): void;
  /** Ends the work; calls `listener` of `failed` no more. */
  close(): void;
  /** Hears that the place cannot go on. */
  failed(listener: (why: string) => void): void;
}

interface Waiting {
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
  progress: Progress | undefined;
}

export class PlacedModel implements StepModel {
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;
  private gone: Error | null = null;
  private retired = false;

  constructor(
    private readonly place: Place,
    private readonly opened: Opened,
  ) {
    place.hear((reply) => this.heard(reply));
    place.failed((why) => this.end(broken(why)));
  }

  get states(): readonly string[] {
    return this.opened.states;
  }

  get means(): Means | null {
    return this.opened.means;
  }

  get words(): SpecWords | null {
    return this.opened.words;
  }

  get handed(): Handed | null {
    return this.opened.handed;
  }

  get apart(): boolean {
    return this.place.apart;
  }

  run(ask: Ask): Promise<Ran> {
    return this.ask({ kind: 'run', ask: plain(ask) }) as Promise<Ran>;
  }

  without(
    ask: Ask,
    groups: readonly (readonly Held[])[],
    progress?: Progress,
    signal?: AbortSignal,
  ): Promise<Float64Array> {
    return this.ask(
      { kind: 'without', ask: plain(ask), groups: groups.map(plainHeld) },
      progress,
      signal,
    ) as Promise<Float64Array>;
  }

  variants(asks: readonly Ask[], progress?: Progress, signal?: AbortSignal): Promise<SentenceSteps[]> {
    return this.ask({ kind: 'variants', asks: asks.map(plain) }, progress, signal) as Promise<SentenceSteps[]>;
  }

  close(): void {
    this.end(new Cancelled());
    this.place.close();
  }

  retire(): void {
    this.retired = true;
    this.rest();
  }

  private rest(): void {
    if (!this.retired || this.gone || this.waiting.size) return;
    this.end(refused('The model was put away, as others were opened since', 'Open the panel or the page again.'));
    this.place.close();
  }

  private ask(job: Job, progress?: Progress, signal?: AbortSignal): Promise<Result> {
    if (this.gone) return Promise.reject(this.gone);
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const id = ++this.asked;
    const answer = new Promise<Result>((resolve, reject) => this.waiting.set(id, { resolve, reject, progress }));
    const abort = (): void => {
      this.waiting.get(id)?.reject(signal!.reason);
      this.waiting.delete(id);
      this.place.send({ id, cancel: true });
      this.rest();
    };
    signal?.addEventListener('abort', abort, { once: true });
    this.place.send({ id, job });
    return answer.finally(() => signal?.removeEventListener('abort', abort));
  }

  private heard(reply: Reply): void {
    if ('opened' in reply || reply.id === null) return;
    const waiting = this.waiting.get(reply.id);
    if (!waiting) return;
    if ('done' in reply) {
      waiting.progress?.(reply.done, reply.of);
      return;
    }
    this.waiting.delete(reply.id);
    if ('result' in reply) waiting.resolve(reply.result);
    else waiting.reject(errorOf(reply));
    this.rest();
  }

  private end(error: Error): void {
    this.gone = error;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}

/** The same without what stands in for parts of it, as a page's stores do: a worker can be sent no such things. */
function plain(ask: Ask): Ask {
  const { held, initial, answered, score } = ask;
  return {
    ...ask,
    held: held && plainHeld(held),
    initial: initial && { ...initial },
    answered: answered && { ...answered },
    score: score && { ...score },
  };
}

function plainHeld(held: readonly Held[]): Held[] {
  return Array.from(held, (one) => ({ ...one, units: Array.from(one.units) }));
}

/** What a reply other than a result says, as an error. */
export function errorOf(reply: Exclude<Reply, { opened: Opened } | { result: Result } | { done: number }>): Error {
  if ('cancelled' in reply) return new Cancelled();
  if ('failed' in reply) return broken(reply.failed);
  const { what, where, fix } = reply.problem;
  return new DataProblem(what, where, fix);
}

function broken(why: string): DataProblem {
  return outOfMemory(new Error(why))
    ? refused(
        'The browser has no memory left for the model',
        'Close other tabs and try again, or take a shorter sentence.',
      )
    : refused(`The model stopped: ${why || 'its worker ended'}`, 'Reload the page; everything else works without it.');
}
