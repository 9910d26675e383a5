/** What is looked up in the published tables. Each query names the tables it needs; one that was not published narrows the answer, and the caller is told. */

export * from './concordance';
export * from './matching';
export * from './phrase';
export * from './search';
export * from './sentences';
export * from './unitWords';
