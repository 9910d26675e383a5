import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** Styles are put into the shadow root by the components themselves. */
export default {
  preprocess: vitePreprocess({ script: false }),
  compilerOptions: { css: 'injected', runes: true },
};
