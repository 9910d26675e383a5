import type { Surface } from './surface';

/** A picture that stands alone, in CSS pixels: what every format of pictures is made from. */
export interface Drawing {
  width: number;
  height: number;
  /** A colour, or `none`. */
  background: string;
  /** Its accessible name. */
  title: string;
  /** Address under which it is found again. */
  link?: string;
  paint: (surface: Surface) => void;
}
