/** What the first view does not need: its code is fetched when it is first shown. */
export const tryPanel = () => import('../features/try/TryPanel.svelte');
export const typeField = () => import('../features/try/TypeField.svelte');
export const sentencePicker = () => import('../ui/sentences/SentencePicker.svelte');
