import { DataProblem } from '../problem';
import type { ExpressionAnswer, ExpressionRequest } from './expressionWorker';

/** Longest search with an expression, in ms: some take for ever, and a link may hold one. */
const LONGEST = 20_000;

/** Runs an expression over texts in a worker, which is ended when `signal` says so or after too long. */
export default function runExpression(request: ExpressionRequest, signal?: AbortSignal): Promise<ExpressionAnswer> {
  const worker = new Worker(new URL('./expressionWorker.ts', import.meta.url), { type: 'module', name: 'expression' });
  let timer: ReturnType<typeof setTimeout> | undefined;
  return new Promise<ExpressionAnswer>((resolve, reject) => {
    const given = (): void => reject(signal?.reason instanceof Error ? signal.reason : new Error('given up'));
    if (signal?.aborted) return given();
    signal?.addEventListener('abort', given, { once: true });
    timer = setTimeout(
      () =>
        reject(
          new DataProblem(
            `The expression takes longer than ${LONGEST / 1000} seconds and was given up`,
            request.pattern.slice(0, 80),
            'Avoid repeats inside repeats, such as (a+)+: they try every way to cut a sentence.',
          ),
        ),
      LONGEST,
    );
    worker.addEventListener('message', ({ data }: MessageEvent<ExpressionAnswer>) => resolve(data));
    worker.addEventListener('error', (event) => reject(new Error(event.message || 'its worker did not run')));
    worker.postMessage(request);
  }).finally(() => {
    clearTimeout(timer);
    worker.terminate();
  });
}
