export interface SpecWords {
  unknown: number | null;
  start: number | null;
  end: number | null;
  fold_case: boolean;
  kind: 'words' | 'pieces' | 'characters';
}
