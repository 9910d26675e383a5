import { expect, it } from 'vitest';
import { linkLimits } from '../model/links';
import { linkWidths, widestLinks } from './push';

it('says one scale of links as one number, and two as two', () => {
  expect(widestLinks(linkLimits(0.5, 0.67, true))).toBe('widest 0.67');
  expect(widestLinks(linkLimits(0.5, 0.67, false))).toBe('widest 0.50 of words, 0.67 of steps');
  expect(linkWidths(linkLimits(0.5, 0.67, true))).toContain('have one scale: the widest stands for 0.67');
  expect(linkWidths(linkLimits(0.5, 0.67, false))).toContain('of words stands for 0.50, the widest of steps for 0.67');
  expect(linkWidths(linkLimits(0.5, 0, false))).toBe('The widest link of words stands for 0.50');
});
