import type { Scene } from '../../model/scene';
import { originsOf, type Origins } from './paint';

const MILLISECONDS = 280;

/** Units and words travel from where they stood to their places in a new grouping. */
export class Motion {
  /** 0 to 1; 1 while nothing moves. */
  progress = $state(1);
  origins: Origins | null = null;
  private frame = 0;

  /** Starts from what `from` shows; `still` for people who asked for less motion, and for very many units. */
  start(from: Scene, still: boolean): void {
    this.stop();
    if (still || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    this.origins = originsOf(from);
    this.progress = 0;
    const begin = performance.now();
    const move = (now: number): void => {
      const t = Math.min(1, Math.max(0, (now - begin) / MILLISECONDS));
      this.progress = 1 - (1 - t) ** 3;
      if (t < 1) this.frame = requestAnimationFrame(move);
      else this.origins = null;
    };
    this.frame = requestAnimationFrame(move);
  }

  stop(): void {
    cancelAnimationFrame(this.frame);
    this.origins = null;
    this.progress = 1;
  }
}
