import type { LinkLimits } from '../model/links';
import type { MapColour, MapItems, MapMethod, MapZoom } from './mapView';
import type { Apart } from './apart';
import type { FindState } from './find';
import type { PageName } from './pages';
import type { Tree } from './tree';
import type { ColumnKey, MeasureKey, MeasureRange, SortKey } from './unitList';

export type Focus = 'step' | 'second' | 'difference' | 'word';

/** One of the two sides of a comparison. */
export interface SideChoice {
  dataset: string;
  model: string;
  state: string;
  /** Null for the last one, or where only one was published. */
  epoch: number | null;
}

/** What a person has chosen: everything here goes into the link, and nothing else does. */
export interface ViewState {
  dataset: string;
  model: string;
  state: string;
  method: string;
  selection: string;
  k: number;
  /** Sentence key, or null for none. */
  sentence: string | null;
  /** Pinned step of the sentence, from 0. */
  step: number | null;
  /** Brushed steps of the sentence, first and last; null for none. */
  range: [number, number] | null;
  /** Key of the sentence that stands beside the first, or null for none; and its pinned step. */
  sentence2: string | null;
  step2: number | null;
  /** Epoch of the model; null for the last one, or where only one was published. */
  epoch: number | null;
  /** The class of more than two whose pushes, effects and probability are shown, from 0; null for the last. */
  towards: number | null;
  /** What the chips are coloured by: a pinned step's own change, the second sentence's, the difference of both, or the expected response of `focusWord`. */
  focus: Focus;
  /** Whether bars, chips and links show what words pushed the answer by, where that is known, or what they moved. */
  shows: 'pushed' | 'moved';
  /** The selected word that colours the chips; one of `words`, else the first of them does. */
  focusWord: string | null;
  /** Up to three selected words, by text. */
  words: string[];
  /** Up to three selected units; they are followed along the sentence. */
  units: number[];
  /** Whether arcs show what of each word is in the answer. */
  memory: boolean;
  /** Opened page; the page `unit` shows `units[0]`. */
  page: PageName;
  /** Links below this share of the strongest link are not drawn, 0–1. */
  linkThreshold: number;
  /** Width of the links, as a factor of the usual width, 0.5–2. */
  linkWidth: number;
  /** 'fit' stretches the colour scale to what is shown; 'fixed' keeps one scale for the state. */
  colourScale: 'fit' | 'fixed';
  colourWords: 'none' | 'class' | 'cluster' | 'speech';
  chipAlign: 'width' | 'height';
  /** What the rail of the unit page is sorted by; null leaves it to the page. */
  unitRail: MeasureKey | 'unit' | null;
  /** What the words of a unit are ranked by: the size of the mean change, or its size in standard errors. */
  unitWords: 'change' | 'certainty';
  /** Order, filters and words of the page “Units”. */
  unitSort: SortKey;
  unitDescending: boolean;
  unitRanges: MeasureRange[];
  unitText: string;
  /** Drawn number of a chip, from 1. */
  unitChip: number | null;
  /** Columns of that page; null for as many as fit. */
  unitColumns: ColumnKey[] | null;
  /** What the page “Map” shows, coloured by what, and where it is enlarged. */
  mapMethod: MapMethod;
  mapItems: MapItems;
  mapColour: MapColour;
  mapZoom: MapZoom;
  /** The query of the page “SQL”, up to `LONGEST_QUERY` letters. */
  sql: string;
  /** What the page “Compare” compares with; null for the nearest other thing. */
  b: SideChoice | null;
  compareLayout: 'mirror' | 'overlay';
  /** Whether the chips of B stand in the places of their matches in A, or in B's own order. */
  compareOrder: 'match' | 'own';
  /** The list of sentences beside the comparison; null where it is closed. */
  apart: Apart | null;
  /** Continuations of a sentence; null while there are none. */
  tree: Tree | null;
  /** The chip or cloud that a click holds, in the picture or on either side of the page “Compare”. */
  held: HeldNumber | null;
  /** What the page “Find” looks for. */
  find: FindState;
}

/** What the pointer or the keyboard focus rests on. Never in the link. */
export type Hover =
  | { kind: 'step'; step: number; cluster: number | null; /** Of the second sentence. */ second?: boolean }
  | { kind: 'difference'; cluster: number }
  | { kind: 'chip'; cluster: number; unit: number | null }
  | { kind: 'cloud'; cluster: number }
  | { kind: 'word'; wordId: number; cluster: number }
  | { kind: 'link'; wordCluster: number; unitCluster: number };

/** A chip or a cloud held by a click: its links stay in front until it is let go. */
export type Held = { kind: 'chip' | 'cloud'; cluster: number } | null;

/** The same by its drawn number, from 1, with its side: a picture alone is side A. */
export interface HeldNumber {
  kind: 'chip' | 'cloud';
  number: number;
  side: 'a' | 'b';
}

/** Places where a problem is shown. `data` takes the place of everything. */
export type Place = 'data' | 'sequence' | 'memory' | 'words' | 'details' | 'search';

/** What the picture reports of itself after painting, for the control strip and the legend. */
export interface Drawn {
  /** End of the chips' colour scale: it runs from −limit to +limit. */
  colourLimit: number;
  /** Links below this size (absolute mean response) are left out. */
  linkCutoff: number;
  /** Whether the links between chips and clouds are pushes. */
  linksPushed: boolean;
  /** What the widest links stand for. */
  linkLimits: LinkLimits;
  /** Whether ribbons show the state that an encoder hands over. */
  handed: boolean;
  linksShown: number;
  linksTotal: number;
}
