import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import typescript from 'typescript-eslint';

const eslint = new ESLint({
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  overrideConfig: [
    typescript.configs.disableTypeChecked,
    { languageOptions: { parserOptions: { projectService: false } } },
  ],
});

/** What the linter says of the imports of a file, were it this. */
async function said(file: string, imports: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(imports, { filePath: `src/${file}` });
  return result!.messages.filter(({ ruleId }) => !ruleId?.endsWith('no-unused-vars')).map(({ ruleId }) => ruleId);
}

const PATHS = 'import-x/no-restricted-paths';

describe('the order of folders', () => {
  it('lets a folder import what stands before it', async () => {
    expect(await said('model/planted.ts', `export { toProblem } from '../data/problem';`)).toEqual([]);
    expect(await said('features/map/planted.ts', `export { default } from '../../ui/Button.svelte';`)).toEqual([]);
  }, 60_000);

  it('refuses what stands after it, types too', async () => {
    expect(await said('data/planted.ts', `export { mean } from '../model/scale';`)).toEqual([PATHS]);
    expect(await said('infer/planted.ts', `export { mean } from '../model/scale';`)).toEqual([PATHS]);
    expect(await said('paint/planted.ts', `export type { Tip } from '../ui/chart/Figure.svelte';`)).toEqual([PATHS]);
    expect(await said('ui/planted.ts', `export const page = () => import('../features/map/MapPage.svelte');`)).toEqual([
      PATHS,
    ]);
    expect(await said('features/map/planted.ts', `export { PAGES } from '../../shell/pages';`)).toEqual([PATHS]);
  }, 60_000);

  it('refuses one feature to another', async () => {
    expect(await said('features/units/planted.ts', `export { unitsTable } from '../unit/unitTables';`)).toEqual([
      PATHS,
    ]);
    const component = `<script lang="ts">\n  import Map from '../map/MapPage.svelte';\n</script>\n\n<Map />\n`;
    expect(await said('features/sql/Planted.svelte', component)).toEqual([PATHS]);
  }, 60_000);
});

it('circles of values are refused, in components too', async () => {
  expect(await said('model/scale.ts', `export { buildScene } from './scene';`)).toEqual(['import-x/no-cycle']);
  const row = `<script lang="ts">\n  import Rows from './Rows.svelte';\n</script>\n\n<Rows />\n`;
  expect(await said('ui/page/Row.svelte', row)).toEqual([]);
  const button = `<script lang="ts">\n  import Actions from './table/TableActions.svelte';\n</script>\n\n<Actions />\n`;
  expect(await said('ui/Button.svelte', button)).toEqual(['import-x/no-cycle']);
}, 60_000);

it('the published files are read by data alone', async () => {
  expect(await said('features/sql/planted.ts', `export { parquetRead } from 'hyparquet';`)).toEqual([
    'no-restricted-imports',
  ]);
  expect(await said('model/planted.ts', `export const page = document.title;`)).toEqual(['no-restricted-globals']);
});
