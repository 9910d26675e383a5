import { describe, expect, it } from 'vitest';
import { flow, type FlowItem } from './flow';
import { measure } from './text';

const item = (text: string, before = true): FlowItem => ({
  text,
  before,
  family: 'corpus',
  size: 16,
  weight: 400,
});
const width = (text: string): number => measure(text, 'corpus', 16).width;

describe('flow', () => {
  it('breaks where a space stands, and never between a word and its comma', () => {
    const placed = flow([item('films'), item('good'), item(',', false), item('bad')], width('films good') + 1);
    expect(placed.map(({ text, line }) => `${line} ${text}`)).toEqual(['0 films', '1 good', '1 ,', '1 bad']);
    expect(placed[2]!.x).toBeCloseTo(width('good'));
  });

  it('leaves a space of its own width between words', () => {
    const [, second] = flow([item('a'), item('b')], 500);
    expect(second!.x).toBeCloseTo(width('a b') - width('b'));
  });

  it('cuts what is wider than a line, and keeps every letter', () => {
    const long = 'abcdefghij'.repeat(40);
    const placed = flow([item('so'), item(long)], 100);
    expect(placed.every(({ x, width: own }) => x + own <= 100)).toBe(true);
    expect(
      placed
        .slice(1)
        .map(({ text }) => text)
        .join(''),
    ).toBe(long);
  });
});
