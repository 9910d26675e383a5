import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { assets } from './build/assets.ts';
import { chunks } from './build/chunks.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const app = path('../site/explorer/app');

export default defineConfig({
  base: './',
  publicDir: false,
  plugins: [svelte(), assets({ app, data: path('../site/explorer/data') })],
  server: { open: false },
  worker: { format: 'es', rollupOptions: { output: { entryFileNames: '[name]-[hash].js' } } },
  build: {
    outDir: app,
    emptyOutDir: false,
    target: ['chrome111', 'edge111', 'firefox115', 'safari16.4'],
    assetsInlineLimit: 0,
    modulePreload: false,
    rollupOptions: {
      input: { 'rnnvis-explorer': path('src/main.ts'), 'rnnvis-fonts': path('src/fonts.css') },
      output: {
        codeSplitting: { groups: chunks() },
        entryFileNames: '[name].js',
        chunkFileNames: '[name]-[hash].js',
        assetFileNames: (asset) =>
          asset.names.some((name) => name.endsWith('.css'))
            ? '[name][extname]'
            : `${asset.names.some((name) => name.endsWith('.wasm')) ? 'onnx' : 'fonts'}/[name]-[hash][extname]`,
      },
    },
  },
  resolve: process.env['VITEST'] ? { conditions: ['browser'] } : {},
  test: {
    include: ['src/**/*.test.ts'],
    environment: 'node',
  },
});
