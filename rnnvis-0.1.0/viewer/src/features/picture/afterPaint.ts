/** What the picture has once it is painted: what lies under the pointer and the keyboard, and is said of it. */
export { default as BoardArea } from './BoardArea.svelte';
export { describe } from '../../wording/describe';
