/** Every query that DuckDB answers. Each names the tables it needs; a table that was not published narrows the answer, and the caller is told. */

export * from './concordance';
export * from './search';
export * from './sentences';
export * from './unitWords';
