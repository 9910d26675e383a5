/** Finds an expression in texts away from the page, which stays usable however long it takes. */

import { compiled, expressionHits, type Hit } from './matching';

export interface ExpressionRequest {
  pattern: string;
  texts: readonly string[];
}

/** The hits in each text, null where it has none; or why the expression cannot be read. */
export type ExpressionAnswer = { hits: (Hit[] | null)[] } | { reason: string };

self.addEventListener('message', ({ data }: MessageEvent<ExpressionRequest>) => {
  let answer: ExpressionAnswer;
  try {
    const pattern = compiled(data.pattern, 'g');
    answer = { hits: data.texts.map((text) => expressionHits(text, pattern)) };
  } catch (error) {
    answer = { reason: error instanceof Error ? error.message : String(error) };
  }
  self.postMessage(answer);
});
