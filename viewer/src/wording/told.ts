/** What a unit tells and what happens without it, in words and numbers. */

import { FEATURES, GATES } from '../data/figures';
import type { Feature, ModelEntry, Without } from '../data/types';
import { errorDigits, fixed } from './format';
import { natDigits } from './numbers';

export function gateName(gate: string): string {
  return GATES[gate] ?? `Gate ${gate}`;
}

/** `0.031 ± 0.004`, without a sign: it stands after “rises by” or “falls by”. Both have the digits that the larger one needs, or one of the error. */
export function amount(value: number, error: number | null): string {
  const digits = natDigits(Math.max(Math.abs(value), error ?? 0));
  if (error === null) return fixed(Math.abs(value), digits);
  const shown = Math.max(digits, errorDigits(error));
  return `${fixed(Math.abs(value), shown)} ± ${fixed(error, shown)}`;
}

/** `rises by 0.031 ± 0.004`. */
export function moves({ increase, standardError }: Without): string {
  return `${increase < 0 ? 'falls' : 'rises'} by ${amount(increase, standardError)}`;
}

/** A value of a feature as it stands after “highest at”. */
export function valueName(feature: Feature, value: string): string {
  const of = FEATURES[feature];
  return (of.values as Readonly<Record<string, string>>)[value] ?? of.value.replace('{value}', () => value);
}

/** Why nothing was switched off; for where the table is missing. */
export function noAblation(model: Pick<ModelEntry, 'ablation'> | null | undefined): string {
  return model?.ablation || 'No ablation was published for this state.';
}
