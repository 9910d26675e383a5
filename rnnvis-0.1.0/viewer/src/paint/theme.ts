import { tokens, type ThemeName } from './colour';
import TYPE from './type.json';
import { FAMILIES } from '../model/text';

/** The colours and fonts of a theme as CSS custom properties, so that styles and painting share one declaration. */
export function themeStyle(theme: ThemeName): string {
  const t = tokens(theme);
  const properties: Record<string, string> = {
    '--background': t.background,
    '--surface': t.surface,
    '--sunken': t.sunken,
    '--line': t.line,
    '--strong-line': t.strongLine,
    '--ink': t.ink,
    '--ink-2': t.ink2,
    '--ink-3': t.ink3,
    '--wash': t.wash,
    '--on-ink': t.onInk,
    '--tip': t.tip.ground,
    '--on-tip': t.tip.text,
    '--tip-hint': t.tip.hint,
    '--tip-shadow': t.tip.shadow,
    '--positive': t.positive.mark,
    '--positive-text': t.positive.text,
    '--positive-extreme': t.positive.extreme,
    '--negative': t.negative.mark,
    '--negative-text': t.negative.text,
    '--negative-extreme': t.negative.extreme,
    '--zero': t.cellZero,
    '--carried': t.carried,
    '--grey': t.grey,
    '--kept': t.kept,
    '--kept-track': t.keptTrack,
    '--word-1': t.selected[0],
    '--word-2': t.selected[1],
    '--word-3': t.selected[2],
    '--on-selected': t.onSelected,
    '--sans': FAMILIES.interface,
    '--serif': FAMILIES.corpus,
    ...Object.fromEntries(
      Object.entries(TYPE.interface).map(([name, size]) => [`--type-${name}`, `${size} ${FAMILIES.interface}`]),
    ),
    '--ring': `${TYPE.ring} var(--ink)`,
    'color-scheme': theme,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}: ${value}`)
    .join('; ');
}
