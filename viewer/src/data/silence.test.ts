import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watch } from './silence';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('a start without a sign ends with a message', async () => {
  const { over } = watch(60_000, 'it is silent');
  const said = expect(over).rejects.toThrow('it is silent');
  await vi.advanceTimersByTimeAsync(60_000);
  await said;
});

test('a sign begins the time anew, and a start that is over is not watched', async () => {
  const { over, heard, stop } = watch(60_000, 'it is silent');
  let failed = false;
  over.catch(() => (failed = true));
  await vi.advanceTimersByTimeAsync(50_000);
  heard();
  await vi.advanceTimersByTimeAsync(50_000);
  stop();
  await vi.advanceTimersByTimeAsync(500_000);
  expect(failed).toBe(false);
});
