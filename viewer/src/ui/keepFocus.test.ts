// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest';
import { keepFocus } from './keepFocus';

let end: () => void = () => undefined;

function panel(): { at: (id: string) => HTMLElement; outside: HTMLElement } {
  document.body.innerHTML =
    '<div><button id="run">Run</button><p><button id="stop">Stop</button></p><button id="next">Next</button></div><input>';
  const within = document.querySelector<HTMLElement>('div')!;
  end = keepFocus(within);
  return { at: (id) => document.getElementById(id)!, outside: document.querySelector('input')! };
}

const observed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

afterEach(() => end());

describe('the focus of a control that goes away', () => {
  it('goes to the one before it', async () => {
    const { at } = panel();
    at('stop').focus();
    at('stop').parentElement!.remove();
    await observed();
    expect(document.activeElement?.id).toBe('run');
  });

  it('passes over one that is disabled or gone too', async () => {
    const { at } = panel();
    at('next').focus();
    at('stop').setAttribute('disabled', '');
    at('next').remove();
    await observed();
    expect(document.activeElement?.id).toBe('run');
  });

  it('stays where it has gone by itself', async () => {
    const { at, outside } = panel();
    at('stop').focus();
    outside.focus();
    at('stop').remove();
    await observed();
    expect(document.activeElement).toBe(outside);
  });
});
