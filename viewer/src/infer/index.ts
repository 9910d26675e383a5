import type { Source } from '../data/source';
import type { DatasetEntry, ModelEntry, Vocabulary } from '../data/types';
import type { SpecWords } from './spec';
import type { StepModel } from './types';
export async function openStepModel(_source: Source, _dataset: DatasetEntry, _model: ModelEntry): Promise<StepModel> {
  throw new Error('later');
}
export function tokenize(
  text: string,
  words: SpecWords,
  vocabulary: Vocabulary,
): { surface: string[]; tokens: Int32Array; unknown: number[] } {
  const surface = text.trim().split(/\s+/).filter(Boolean);
  return { surface, tokens: Int32Array.from(surface, (w) => vocabulary.id.get(w) ?? words.unknown ?? 0), unknown: [] };
}
