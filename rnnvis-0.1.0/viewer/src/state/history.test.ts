import { describe, expect, it } from 'vitest';
import { History } from './history';

describe('History', () => {
  it('undoes and redoes', () => {
    const history = new History<number>();
    history.push(1, null);
    history.push(2, null);
    expect(history.undo(3)).toBe(2);
    expect(history.undo(2)).toBe(1);
    expect(history.undo(1)).toBeNull();
    expect(history.redo(1)).toBe(2);
    expect(history.redo(2)).toBe(3);
    expect(history.canRedo).toBe(false);
  });

  it('forgets what was undone when something new is chosen', () => {
    const history = new History<number>();
    history.push(1, null);
    history.undo(2);
    history.push(1, null);
    expect(history.redo(5)).toBeNull();
  });

  it('makes one step of quick changes of one kind', () => {
    let time = 0;
    const history = new History<number>(10, () => time);
    history.push(1, 'k');
    time = 300;
    history.push(2, 'k');
    time = 5000;
    history.push(3, 'k');
    expect(history.undo(4)).toBe(3);
    expect(history.undo(3)).toBe(1);
    expect(history.canUndo).toBe(false);
  });

  it('keeps a bounded number of steps', () => {
    const history = new History<number>(3);
    for (let i = 0; i < 10; i++) history.push(i, null);
    let count = 0;
    while (history.undo(0) !== null) count++;
    expect(count).toBe(3);
  });
});
