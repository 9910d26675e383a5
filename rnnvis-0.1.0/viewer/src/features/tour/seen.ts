const KEY = 'rnnvis.tour';

/** Whether the tour was finished or skipped in this browser; where storage is forbidden it counts as seen, so that it never insists. */
export function tourSeen(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return true;
  }
}

export function rememberTour(): void {
  try {
    localStorage.setItem(KEY, 'seen');
  } catch {
    // Storage is forbidden: then the tour does not come by itself in the first place.
  }
}
