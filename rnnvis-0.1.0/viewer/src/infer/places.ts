/** Where a model can work: in a worker of its own, or on the page in slices. */

import type { Reply, Request } from './messages';
import type { Place } from './model';
import { Session } from './session';

/** A worker of the model's own; null where none can be had. One that a policy forbids fails as soon as it is heard. */
export async function worker(): Promise<Place | null> {
  if (typeof Worker === 'undefined') return null;
  try {
    const { default: InferWorker } = await import('./worker?worker&inline');
    return ofWorker(new InferWorker({ name: 'model' }));
  } catch {
    return null;
  }
}

/** What has failed before anybody listened is told to whoever listens. */
export function ofWorker(worker: Worker): Place {
  let why: string | null = null;
  const listeners: ((why: string) => void)[] = [];
  const fail = (reason: string): void => {
    why ??= reason;
    for (const listener of listeners) listener(why);
  };
  worker.addEventListener('error', ({ message }) => fail(message || 'its worker ended'));
  worker.addEventListener('messageerror', () => fail('its answer could not be read'));
  return {
    apart: true,
    send: (request, transfer = []) => worker.postMessage(request, transfer),
    hear: (listener) => worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => listener(data)),
    failed: (listener) => {
      listeners.push(listener);
      if (why !== null) listener(why);
    },
    close: () => worker.terminate(),
  };
}

/** On the page itself: short slices, between which the page has its turn. */
export function onPage(): Place {
  const listeners: ((reply: Reply) => void)[] = [];
  const session = new Session((reply) => void listeners.forEach((listener) => listener(reply)), 8);
  return {
    apart: false,
    send: (request: Request) => queueMicrotask(() => session.hear(request)),
    hear: (listener) => void listeners.push(listener),
    failed: () => undefined,
    close: () => session.close(),
  };
}
