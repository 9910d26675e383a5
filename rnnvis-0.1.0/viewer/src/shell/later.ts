import { painted } from '../state/painted';

/** What the first view does not need: its code is fetched when it is first shown; that of the details after the picture is painted. */
export const detailsPanel = () => painted().then(() => import('../features/details/Details.svelte'));
export const tryPanel = () => import('../features/try/TryPanel.svelte');
export const typeField = () => import('../features/try/TypeField.svelte');
export const sentencePicker = () => import('../ui/sentences/SentencePicker.svelte');
