addEventListener('message', ({ source, data }) => {
  const scheme = { light: 'default', dark: 'slate' }[data?.theme];
  if (source === parent && scheme) document.body.setAttribute('data-md-color-scheme', scheme);
});
(async () => {
  const held = (name) => Uint8Array.from(atob(document.querySelector(`script[data-file="${name}"]`).textContent), (letter) => letter.charCodeAt(0));
  const fonts = document.querySelectorAll('script[data-font]');
  for (const font of fonts) document.fonts.add(new FontFace(font.dataset.font, held(font.dataset.file).buffer, { weight: '200 900' }));
  const code = new Blob([held('viewer')]).stream().pipeThrough(new DecompressionStream('gzip'));
  const script = document.createElement('script');
  script.type = 'module';
  script.textContent = await new Response(code).text();
  document.head.append(script);
})().catch((error) => {
  const said = document.createElement('p');
  said.textContent = `The explorer could not start: ${error.message}. It needs a browser from 2023 or later: Chrome or Edge 111, Firefox 115, Safari 16.4.`;
  document.querySelector('rnnvis-explorer').replaceChildren(said);
});
