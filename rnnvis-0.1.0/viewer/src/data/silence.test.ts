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

test('a long silence is told before it is too long, and no sooner', async () => {
  const long = vi.fn();
  const { over, heard, stop } = watch(60_000, 'it is silent', long);
  over.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(10_000);
  heard();
  await vi.advanceTimersByTimeAsync(14_000);
  expect(long).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(long).toHaveBeenCalledOnce();
  stop();
});
