/** Where a model can work: in a worker of its own, or on the page in slices. */

import type { Reply, Request } from './messages';
import type { Place } from './model';
import { Session } from './session';

/** A worker that has said that it runs; null where none can be had: no workers, or a policy that forbids them. */
export async function worker(): Promise<Place | null> {
  if (typeof Worker === 'undefined') return null;
  try {
    const { default: InferWorker } = await import('./worker?worker&inline');
    return ofWorker(new InferWorker({ name: 'model' }));
  } catch {
    return null;
  }
}

function ofWorker(worker: Worker): Place {
  return {
    apart: true,
    send: (request, transfer = []) => worker.postMessage(request, transfer),
    hear: (listener) => worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => listener(data)),
    failed: (listener) => {
      worker.addEventListener('error', (event) => listener(event.message));
      worker.addEventListener('messageerror', () => listener('its answer could not be read'));
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
