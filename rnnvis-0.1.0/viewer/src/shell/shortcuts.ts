/** Every key of the explorer, declared here alone: the sheet lists them, and what works anywhere is looked up here. */

export type Action = 'find' | 'undo' | 'redo' | 'keys' | 'close';

interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

export interface Shortcut {
  /** Alternatives; each is what is printed on the keys, joined by +. */
  keys: string[];
  does: string;
  /** For keys that work anywhere in the explorer. */
  action?: Action;
  pressed?: (event: Pressed) => boolean;
}

const command = (event: Pressed): boolean => event.ctrlKey || event.metaKey;
const plainKey = (key: string) => (event: Pressed) => event.key === key && !command(event) && !event.altKey;

export const SHORTCUTS: readonly { where: string; list: readonly Shortcut[] }[] = [
  {
    where: 'Anywhere',
    list: [
      { keys: ['?'], does: 'Show these keys', action: 'keys', pressed: plainKey('?') },
      { keys: ['/'], does: 'Find a word, unit or sentence', action: 'find', pressed: plainKey('/') },
      {
        keys: ['Ctrl+Z'],
        does: 'Undo',
        action: 'undo',
        pressed: (event) => command(event) && !event.shiftKey && event.key.toLowerCase() === 'z',
      },
      {
        keys: ['Ctrl+Shift+Z', 'Ctrl+Y'],
        does: 'Redo',
        action: 'redo',
        pressed: (event) =>
          command(event) && (event.key.toLowerCase() === 'y' || (event.shiftKey && event.key.toLowerCase() === 'z')),
      },
      {
        keys: ['Esc'],
        does: 'Close what is on top, or let go of what is held',
        action: 'close',
        pressed: plainKey('Escape'),
      },
      { keys: ['Tab', 'Shift+Tab'], does: 'To the next or the previous group of controls' },
    ],
  },
  {
    where: 'Sequence',
    list: [
      { keys: ['↑', '↓', 'Home', 'End'], does: 'Move from word to word' },
      { keys: ['←', '→'], does: 'Move between the bars of a word' },
      { keys: ['Enter'], does: 'Pin the word, or unpin it' },
      { keys: ['Shift+↑', 'Shift+↓'], does: 'Mark a range of words' },
    ],
  },
  {
    where: 'Memory chips',
    list: [
      { keys: ['↑', '↓'], does: 'Move from chip to chip' },
      { keys: ['←', '→'], does: 'Move between the units of a chip' },
      { keys: ['Enter'], does: 'Hold the chip, or open the unit' },
    ],
  },
  {
    where: 'Word clouds',
    list: [
      { keys: ['↑', '↓'], does: 'Move from cloud to cloud' },
      { keys: ['←', '→'], does: 'Move between the words of a cloud' },
      { keys: ['Enter'], does: 'Select the word, or hold the cloud' },
    ],
  },
  {
    where: 'Charts and lists',
    list: [
      { keys: ['←', '→', '↑', '↓', 'Home', 'End'], does: 'Move from mark to mark or row to row; each is read out' },
      { keys: ['Enter'], does: 'Open what the mark stands for' },
    ],
  },
];

export function actionOf(event: Pressed): Action | null {
  for (const { list } of SHORTCUTS)
    for (const { action, pressed } of list) if (action && pressed?.(event)) return action;
  return null;
}
