/** The model itself in the page. Import it dynamically: nothing of it is needed for the first view. */

export { openStepModel } from './open';
export {
  Cancelled,
  LONGEST,
  MOST,
  type Ask,
  type Fetching,
  type Held,
  type Progress,
  type Ran,
  type StepModel,
} from './types';
export { readOf, sayOn, takenFrom } from './handed';
export type { Handed, SpecWords } from './parts';
export { idOf, tokenize, type Tokenized } from './text/encode';
export { nearestWords } from './text/nearest';
