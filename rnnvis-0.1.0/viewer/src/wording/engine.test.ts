import { expect, test } from 'vitest';
import { sizeOf } from '../data/engine';
import { engineText, fetchingText } from './engine';

const answer = (headers: Record<string, string>): { headers: Headers } => ({ headers: new Headers(headers) });

test('what is announced is what comes: bytes of the transfer, packed or not', () => {
  expect(engineText(12e6, sizeOf(answer({ 'Content-Length': '33504918' })))).toBe(
    'Loading the search engine, once: 12.0 MB of 33.5 MB',
  );
  const packed = sizeOf(answer({ 'Content-Length': '8100000', 'Content-Encoding': 'br' }));
  expect(engineText(12e6, packed)).toBe(
    'Loading the search engine, once: about 8.1 MB packed, 12.0 MB unpacked so far',
  );
  expect(engineText(12e6, sizeOf(answer({ 'Content-Encoding': 'gzip' })))).toBe(
    'Loading the search engine, once: 12.0 MB unpacked so far',
  );
  expect(engineText(12e6, sizeOf(answer({})))).toBe('Loading the search engine, once: 12.0 MB so far');
  expect(engineText(33504918, sizeOf(answer({ 'Content-Length': '33504918' })))).toBe(
    'Starting the search engine: 33.5 MB loaded',
  );
});

test('what runs a model is named with the bytes that come, or the cache', () => {
  expect(fetchingText(null)).toBe('Fetching the model');
  expect(fetchingText({ cached: false, bytes: 14_239_897, packed: false })).toBe(
    'Fetching the model, and onnxruntime, which runs it, 14.2 MB, once',
  );
  expect(fetchingText({ cached: false, bytes: 3_660_000, packed: true })).toMatch(/, 3\.7 MB packed, once$/);
  expect(fetchingText({ cached: true, bytes: null, packed: false })).toMatch(/runs it, from your cache$/);
});
