import { expect, it } from 'vitest';
import { actionOf, SHORTCUTS } from './shortcuts';

const press = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', boolean>> = {}) =>
  actionOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });

it('knows the keys that work anywhere', () => {
  expect(press('/')).toBe('find');
  expect(press('?', { shiftKey: true })).toBe('keys');
  expect(press('z', { ctrlKey: true })).toBe('undo');
  expect(press('Z', { metaKey: true, shiftKey: true })).toBe('redo');
  expect(press('y', { ctrlKey: true })).toBe('redo');
  expect(press('Escape')).toBe('close');
});

it('leaves other keys alone', () => {
  expect(press('z')).toBeNull();
  expect(press('/', { ctrlKey: true })).toBeNull();
  expect(press('ArrowDown')).toBeNull();
});

it('lists every key with what it does', () => {
  for (const { list } of SHORTCUTS)
    for (const { keys, does } of list) expect([keys.length > 0, does.length > 0]).toEqual([true, true]);
});
