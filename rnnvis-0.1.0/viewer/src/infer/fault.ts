import { DataProblem } from '../data/problem';

/** A problem of the model's file; the sentence goes on “The model's file …”. */
export type Fault = (what: string, fix?: string) => DataProblem;

const REPUBLISH =
  'Publish the model again, or restore this file from the published folder. Everything else works without it.';

export function faultOf(url: string): Fault {
  return (what, fix = REPUBLISH) => new DataProblem(`The model’s file ${what}`, url, fix);
}

/** A problem of what was asked for. */
export function refused(what: string, fix: string): DataProblem {
  return new DataProblem(what, 'the model in this page', fix);
}
