import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { without } from './build/without.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** What needs DuckDB or onnxruntime; a page that holds everything in itself says that it needs a server. */
const ENGINE = [
  'data/database.ts',
  'data/queries/expressionRun.ts',
  'data/sql/console.ts',
  'features/find/FindPage.svelte',
  'features/sql/SqlPage.svelte',
  'infer/graphPlace.ts',
];

/** The explorer as one script, for pages that hold their data too: `rnnvis.to_html`, notebooks. Built after the other. */
export default defineConfig({
  publicDir: false,
  plugins: [without(ENGINE.map((file) => path(`src/${file}`))), svelte()],
  build: {
    outDir: path('../site/explorer/app'),
    emptyOutDir: false,
    target: ['chrome111', 'edge111', 'firefox115', 'safari16.4'],
    modulePreload: false,
    rollupOptions: {
      input: path('src/single.ts'),
      output: { entryFileNames: 'rnnvis-single.js', codeSplitting: false },
    },
  },
});
