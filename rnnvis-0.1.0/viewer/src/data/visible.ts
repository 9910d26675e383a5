/** Stands for a character that would not be seen, or that would change how its neighbours are read. */
export const PLACEHOLDER = '\u25cc';
/** What an empty text is shown as. */
const EMPTY = '(empty)';
/** A word longer than this is shown cut; the whole of it is in tables and saved numbers. */
const LONGEST = 200;
/** More combining marks than this on one letter would be drawn over the neighbours. */
const MARKS = 4;

/* eslint-disable no-control-regex, no-misleading-character-class -- it is these that are looked for */
/** Control characters, bidirectional overrides, zero-width and other characters without a shape; joiners inside emoji are none of them. */
const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u2028-\u202f\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\u{e0000}-\u{e0fff}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|(?<!\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Modifier}|\p{L}\p{M}*)[\u200c\u200d]/gu;
const FLOOD = new RegExp(`(\\p{M}{${MARKS}})\\p{M}+`, 'gu');
const PLAIN = /^[\x21-\x7e]{1,200}$/;

/** The whole of a text with nothing unseen in it, nothing that reorders its neighbours, no flood of marks. */
export function seen(text: string): string {
  return text.replace(UNSEEN, PLACEHOLDER).replace(FLOOD, `$1${PLACEHOLDER}`);
}

/** A text of the corpus as it can safely be drawn: nothing unseen, nothing that reorders, no flood of marks, not endless. */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text;
  if (text === '') return EMPTY;
  const whole = seen(text);
  const shown = whole.trim() === '' ? PLACEHOLDER.repeat(Math.min(whole.length, 3)) : whole;
  return shown.length > LONGEST ? `${[...shown.slice(0, LONGEST)].slice(0, -1).join('')}…` : shown;
}

/** What `visible` hides of a text, in words for its tooltip; null where it hides nothing. */
export function unseen(text: string): string | null {
  if (PLAIN.test(text)) return null;
  const points = [...new Set(text.match(UNSEEN) ?? [])].map(
    (c) => `U+${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`,
  );
  const parts = [];
  if (points.length)
    parts.push(
      `holds ${points.slice(0, 6).join(', ')}${points.length > 6 ? ' and others' : ''}, shown as ${PLACEHOLDER}`,
    );
  if (FLOOD.test(text)) parts.push('more marks on a letter than are drawn');
  FLOOD.lastIndex = 0;
  if (text.length > LONGEST) parts.push(`${text.length.toLocaleString('en')} characters, of which the first are shown`);
  return parts.length ? parts.join('; ') : null;
}
