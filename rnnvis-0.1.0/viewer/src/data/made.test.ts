import { describe, expect, it } from 'vitest';
import { fitsLink, isMade, legible, madeOf, readMade, unswitched, writeMade, type Made } from './made';

const HELD: Made['switches'] = [
  { state: 'rnn.0.h', units: [9, 1, 4, 10, 11, 12], instead: 'zero', first: 0 },
  { state: 'a:b;c,d', units: [3], instead: { times: 0.5 }, first: 7 },
  { state: 'rnn.0.h', units: [2], instead: { carried: { key: 'typed::though, “dull”; 1.2', step: 3 } }, first: 3 },
];

describe('keys of sentences that are made in the page', () => {
  it.each<[string, Made]>([
    [
      'a typed text',
      { base: { text: 'I love: the music, though; 100 %\u00e9 \ud83d\ude00' }, switches: [], label: null },
    ],
    ['words one by one', { base: { words: ['do', "n't", ':', ';', ' '] }, switches: [], label: 1 }],
    ['words of a published sentence', { base: { words: ['a', 'b'] }, switches: HELD, label: 1, start: 'a,b;c:d' }],
    ['no words at all', { base: { words: [] }, switches: [], label: null }],
    ['a published sentence with parts held', { base: { key: 'cb1fd540fca03f14' }, switches: HELD, label: null }],
  ])('say %s, and can be read again', (_, made) => {
    const read = readMade(writeMade(made));
    const sorted = made.switches.map((one) => ({ ...one, units: [...one.units].sort((a, b) => a - b) }));
    expect(read).toEqual({ ...made, switches: sorted });
  });

  it('are those of published sentences where nothing is changed', () => {
    expect(writeMade(madeOf('cb1fd540fca03f14'))).toBe('cb1fd540fca03f14');
    expect(isMade('cb1fd540fca03f14')).toBe(false);
    expect(unswitched(writeMade({ base: { key: 'cb1f' }, switches: HELD, label: null }))).toBe('cb1f');
    expect(unswitched(writeMade({ base: { text: 'dull' }, switches: HELD, label: 0 }))).toBe('typed:label,0:dull');
  });

  it.each([
    'typed:rnn.0.h,zero,4-2,0:x',
    'typed:rnn.0.h,zero,,0:x',
    'typed:rnn.0.h,nothing,4,0:x',
    'typed:rnn.0.h,zero,0-999999,0:x',
    'typed:rnn.0.h,x,4,0:x',
    'typed:%E0%A4%A,zero,4,0:x',
    'typed:rnn.0.h,zero,4:x',
    'typed:rnn.0.h,from.3.%E0%A4%A,4,0:x',
    'words:start,:x',
    'words:start,%E0%A4%A:x',
    'with:start,cb1f:x',
    'label:1:x',
  ])('that nobody could have made are not read: %s', (key) => expect(readMade(key)).toBeNull());

  it('stand in the link where they are short', () => {
    expect(fitsLink(`typed::${'a'.repeat(2000)}`)).toBe(true);
    expect(fitsLink(`typed::${'\u00e9'.repeat(2000)}`)).toBe(false);
    expect(fitsLink('typed::\ud800')).toBe(true);
  });

  it('hold only what can be written', () => {
    expect(legible('a\u0000\u0007b\nc\ud800')).toBe('a b c\uFFFD');
  });
});
