import type { PushSum } from '../model/push';
import type { Verdict } from '../model/verdict';
import type { AnswerWords } from './answer';
import { count, fixed, percent, signed } from './format';

/** A piece of a sum in words; `sign` where it has a colour of its own. */
export interface SumPart {
  value: string;
  text: string;
  sign: number;
}

/** `+1.40 for positive`, `−3.50 for negative`, `+0.05 before the first word`: what adds up to the answer. */
export function sumParts(sum: PushSum, said: AnswerWords): SumPart[] {
  const [up, down] = said.sides;
  const part = (value: number, text: string, sign = value): SumPart => ({ value: signed(value), text, sign });
  const before = said.note === null ? 'before the first word' : 'before the first word and beyond first order';
  return [
    part(sum.up, up),
    part(sum.down, down),
    ...(Number.isFinite(sum.before) ? [part(sum.before, before, 0)] : []),
  ];
}

/** What the parts come to, `−2.05`; null where it is not known. */
export function sumTotal(sum: PushSum): string | null {
  return Number.isFinite(sum.after) ? signed(sum.after) : null;
}

/** `negative, 89 % sure`, `7 of 9 tags right`, `2.41 nats a word over 12 words`; empty where nothing is known. */
export function verdictText({ answer, sure, number, tags, loss }: Verdict): string {
  if (number) return fixed(number.value);
  if (tags) return `${count(tags.right)} of ${count(tags.of)} tags right`;
  if (loss) return `mean loss ${fixed(loss.mean)} nats over ${count(loss.of)} ${loss.of === 1 ? 'guess' : 'guesses'}`;
  return answer === null || sure === null ? '' : `${answer}, ${percent(sure)} sure`;
}

/** `Right`, `Wrong: labelled positive`, `off by 0.31`; empty where it is not known. */
export function rightText({ right, truth, number }: Verdict): string {
  if (number?.off !== null && number?.off !== undefined) return `off by ${fixed(number.off)}`;
  if (right === null) return truth === null ? '' : `labelled ${truth}`;
  return right ? `right: labelled ${truth}` : `wrong: labelled ${truth}`;
}
