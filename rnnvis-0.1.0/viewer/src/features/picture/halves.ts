/** What is drawn of an encoder and its decoder in one picture; loaded where there are such. */
export { halfScene } from '../../model/halfScene';
export { paintHalf } from '../../paint/half';
export { halfTables } from '../../ui/board/halfTables';
