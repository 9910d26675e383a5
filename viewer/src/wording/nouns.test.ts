import { describe, expect, it } from 'vitest';
import { inNouns, nounsOf } from './nouns';

const events = { step: 'event', steps: 'events', sentence: 'signal', sentences: 'signals' };

describe('inNouns', () => {
  it('says what the dataset calls its steps and sentences, with their article', () => {
    expect(inNouns('a word, or a part of one', events)).toBe('an event, or a part of one');
    expect(inNouns('Word explains', events)).toBe('Event explains');
    expect(inNouns('A random word explains', events)).toBe('A random event explains');
    expect(inNouns('an event of a sentence, 4 words', { ...events, step: 'letter', steps: 'letters' })).toBe(
      'an event of a signal, 4 letters',
    );
    expect(inNouns('Find a word, unit or sentence', events)).toBe('Find an event, unit or signal');
  });

  it('leaves parts of other words alone, and datasets of words', () => {
    expect(inNouns('passwords and wording', events)).toBe('passwords and wording');
    expect(inNouns('a word of a sentence', nounsOf(null))).toBe('a word of a sentence');
  });
});
