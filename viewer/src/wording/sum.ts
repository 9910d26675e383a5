import type { PushSum } from '../model/push';
import type { Verdict } from '../model/verdict';
import type { AnswerWords } from './answer';
import { count, fixed, percent, signed, signOf } from './format';

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

/** How a piece of what is said over a sentence looks. */
export type Tone = 'plain' | 'quiet' | 'number' | 'answer' | 'up' | 'down' | 'right' | 'wrong' | 'corpus';

/** Pieces are read with a space between them. */
export interface Piece {
  text: string;
  tone: Tone;
}

const tone = (value: number): Tone => (({ [-1]: 'down', 0: 'number', 1: 'up' }) as const)[signOf(value)];

/** `+1.40 for positive, −3.50 for negative: −2.10, negative, 89 % sure` and `wrong: labelled positive`, in pieces. */
export function answerPieces(sum: PushSum | null, verdict: Verdict | null, said: AnswerWords): Piece[] {
  const parts = sum ? sumParts(sum, said) : [];
  const total = sum && sumTotal(sum);
  const answer = verdict ? verdictText(verdict) : '';
  const right = verdict ? rightText(verdict) : '';
  /** A number is its own total. */
  const twice = verdict?.number !== null && verdict?.number !== undefined;
  const after = (i: number): string => (i < parts.length - 1 ? ',' : total || answer ? ':' : '');
  const pieces: Piece[] = parts.length && said.note !== null ? [{ text: 'To first order', tone: 'plain' }] : [];
  pieces.push(
    ...parts.flatMap(({ value, text, sign }, i): Piece[] => [
      { text: value, tone: tone(sign) },
      { text: `${text}${after(i)}`, tone: 'plain' },
    ]),
  );
  if (total && !twice) pieces.push({ text: `${total}${answer ? ',' : ''}`, tone: 'number' });
  if (answer) pieces.push({ text: answer, tone: 'answer' });
  if (right) pieces.push({ text: right, tone: verdict?.right === false ? 'wrong' : 'right' });
  return pieces;
}

/** `Words dull −0.39 mess −0.31` in pieces. */
export function whyPieces(title: string, whys: readonly { name: string; value: number; corpus: boolean }[]): Piece[] {
  if (!whys.length) return [];
  return [
    { text: title, tone: 'quiet' },
    ...whys.flatMap(({ name, value, corpus }): Piece[] => [
      { text: name, tone: corpus ? 'corpus' : 'number' },
      { text: signed(value), tone: tone(value) },
    ]),
  ];
}
