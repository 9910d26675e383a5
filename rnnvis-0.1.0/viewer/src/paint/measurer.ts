import { font, UNIT, type Measurer } from '../model/text';

/** Measures text as a canvas draws it; null where there is none. */
export function canvasMeasurer(): Measurer | null {
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return null;
  return (content, family, weight) => {
    context.font = font(family, UNIT, weight);
    const box = context.measureText(content);
    return { width: box.width, ascent: box.actualBoundingBoxAscent, descent: box.actualBoundingBoxDescent };
  };
}
