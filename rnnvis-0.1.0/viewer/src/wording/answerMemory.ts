/** What is said of the memory of the answer. */

import type { Agreement } from '../data/answerMemory';
import type { ModelEntry, SentenceSteps } from '../data/types';
import { meansOf } from '../data/answer';
import { fixed } from './format';

/** What the score is that is taken apart; `next` is the word that came, of a model that says the next word. */
export function memorySubject(
  model: Pick<ModelEntry, 'kind' | 'classes'> | null,
  steps: SentenceSteps | null,
  next: string | undefined,
): string {
  const means = model && meansOf(model);
  if (means === 'number') return 'the answer';
  if (means === 'next word') return next === undefined ? 'the logit of the next word' : `the logit of “${next}”`;
  const classes = model?.classes ?? [];
  const name = classes[steps?.followed ?? classes.length - 1] ?? '';
  return classes.length > 2 ? `the logit of ${name} against the others` : `the log-odds of ${name}`;
}

/** `r = 0.22 (0.19 to 0.26)`. */
function told({ value, low, high }: Agreement): string {
  return `r = ${fixed(value)}${low !== null && high !== null ? ` (${fixed(low)} to ${fixed(high)})` : ''}`;
}

/** How far parts agree with leaving words out, beside the pushes. */
export function agreementLine(found: { parts: Agreement; pushes: Agreement | null }): string {
  const over = /over [\d,]+ words of [\d,]+ sentences/.exec(found.parts.about)?.[0] ?? '';
  const better =
    found.pushes && found.pushes.value > found.parts.value
      ? ' Where they differ, the push says more of what a word does.'
      : '';
  return (
    `What the answer loses when a word is left out: ${told(found.parts)} with these parts` +
    (found.pushes ? `, ${told(found.pushes)} with the pushes` : '') +
    `${over && `, ${over}`}.${better}`
  );
}
