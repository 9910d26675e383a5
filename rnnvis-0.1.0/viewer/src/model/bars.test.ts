import { describe, expect, it } from 'vitest';
import { bar, reach } from './bars';
import { glyphs } from './sequence';

const sequence = {
  length: 2,
  units: 2,
  initial: new Float32Array(2),
  values: new Float32Array([0.5, -0.25, 0.25, -0.75]),
};

describe('bar', () => {
  const all = glyphs(sequence, [0, 1], 2);

  it('draws a first step as gained', () => {
    expect(bar(all, 0, 0).pieces).toEqual([{ kind: 'gained', rising: true, from: 0, to: 0.5 }]);
    expect(bar(all, 0, 1).pieces).toEqual([{ kind: 'gained', rising: false, from: 0, to: -0.25 }]);
  });

  it('lays what was lost outside what is left, and what was gained inside', () => {
    expect(bar(all, 1, 0).pieces).toEqual([
      { kind: 'carried', rising: false, from: 0, to: 0.25 },
      { kind: 'lost', rising: false, from: 0.25, to: 0.5 },
    ]);
    expect(bar(all, 1, 1).pieces).toEqual([
      { kind: 'carried', rising: false, from: 0, to: -0.25 },
      { kind: 'gained', rising: false, from: -0.25, to: -0.75 },
    ]);
  });

  it('has one scale that holds losses too', () => {
    expect(reach(all)).toBe(0.75);
  });
});
