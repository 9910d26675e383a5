import js from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import typescript from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

/** The folders of `src`: each imports only from those before it. */
const ORDER = ['data', 'infer', 'model', 'state', 'wording', 'paint', 'ui', 'features', 'shell'];

const folders = (path) =>
  readdirSync(new URL(path, import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
const placeless = folders('./src').filter((name) => name !== 'testing' && !ORDER.includes(name));
if (placeless.length) throw new Error(`src/${placeless[0]} has no place in the order of folders: ${ORDER.join(', ')}`);

const upwards = ORDER.map((name, at) => ({
  target: `./src/${name}`,
  from: ORDER.slice(at + 1).map((above) => `./src/${above}`),
  message: `${name} imports only from ${ORDER.slice(0, at).join(', ') || 'itself'}.`,
})).filter(({ from }) => from.length);

const sideways = folders('./src/features').map((name) => ({
  target: `./src/features/${name}`,
  from: './src/features',
  except: [`./${name}`],
  message: 'A feature imports no other: what two of them need stands below, in ui, paint, wording or model.',
}));

export default typescript.config(
  { ignores: ['node_modules', 'dist', 'coverage', 'src/data/schema.ts', 'src/data/catalogue.ts'] },
  js.configs.recommended,
  ...typescript.configs.recommendedTypeChecked,
  ...svelte.configs.recommended,
  {
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.svelte', '.js'] })],
      'import-x/extensions': ['.ts', '.svelte'],
      'import-x/ignore': ['node_modules'],
      'import-x/parsers': {
        '@typescript-eslint/parser': ['.ts'],
        [fileURLToPath(new URL('./build/svelteScript.js', import.meta.url))]: ['.svelte'],
      },
    },
    languageOptions: {
      globals: { ...globals.browser, ...globals.node },
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname, extraFileExtensions: ['.svelte'] },
    },
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: [...upwards, ...sideways] }],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-explicit-any': 'error',
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
      'no-eval': 'error',
      'no-undef': 'off',
      'svelte/no-at-html-tags': 'error',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: typescript.parser, svelteConfig } },
  },
  {
    // The types of templates are svelte-check's: what the linter sees of them is `any`.
    files: ['**/*.svelte'],
    rules: {
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['src/model/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'document', message: 'model knows no page.' },
        { name: 'window', message: 'model knows no page.' },
      ],
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/data/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['hyparquet', '@duckdb/*', '@uwdata/*'], message: 'Only data knows the published files.' },
          ],
        },
      ],
    },
  },
  // What stands in for something that waits need not wait.
  { files: ['**/*.test.ts'], rules: { '@typescript-eslint/require-await': 'off' } },
  { files: ['**/*.js'], ...typescript.configs.disableTypeChecked },
);
