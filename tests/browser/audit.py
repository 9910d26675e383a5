"""Text of the explorer that is cut, stands outside the window or lies on other text, found by geometry."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import BrowserContext, Page

RECORD = """(() => {
  const size = Object.getOwnPropertyDescriptor(HTMLCanvasElement.prototype, 'width');
  Object.defineProperty(HTMLCanvasElement.prototype, 'width', {
    ...size,
    set(value) { this.texts = []; size.set.call(this, value); },
  });
  const clear = CanvasRenderingContext2D.prototype.clearRect;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    this.canvas.texts = [];
    return clear.apply(this, box);
  };
  const proto = CanvasRenderingContext2D.prototype;
  const { rect, clip, save, restore, fillText: draw } = proto;
  const placed = (context, x, y, width, height) => {
    const at = context.getTransform();
    const ratio = Math.max(1, devicePixelRatio || 1);
    const left = (at.a * x + at.e) / ratio;
    const top = (at.d * y + at.f) / ratio;
    return { left, top, right: left + (at.a * width) / ratio, bottom: top + (at.d * height) / ratio };
  };
  proto.rect = function (...box) {
    this.lastRect = placed(this, ...box);
    return rect.apply(this, box);
  };
  proto.clip = function (...rest) {
    if (this.lastRect) this.clipped = this.lastRect;
    return clip.apply(this, rest);
  };
  proto.save = function () {
    (this.kept ??= []).push(this.clipped);
    return save.call(this);
  };
  proto.restore = function () {
    this.clipped = this.kept?.pop();
    return restore.call(this);
  };
  proto.fillText = function (text, x, y, ...rest) {
    const box = this.measureText(text);
    const { actualBoundingBoxLeft: left, actualBoundingBoxAscent: up } = box;
    const wide = left + box.actualBoundingBoxRight;
    const at = placed(this, x - left, y - up, wide, up + box.actualBoundingBoxDescent);
    const hidden = this.clipped && (at.top > this.clipped.bottom || at.bottom < this.clipped.top);
    const bottom = Math.min(at.bottom, this.clipped?.bottom ?? Infinity);
    if (!hidden) (this.canvas.texts ??= []).push({ text, ...at, bottom });
    return draw.call(this, text, x, y, ...rest);
  };
})()"""
"""Every text on a canvas is kept with its box, in CSS pixels of the canvas, until the canvas is drawn anew."""

AUDIT = """(exempt) => {
  const root = document.querySelector('rnnvis-explorer').shadowRoot;
  const found = [];
  const wide = document.documentElement.clientWidth;
  const say = (kind, text) => found.push(`${kind}: ${text.trim().replace(/\\s+/g, ' ').slice(0, 60)}`);
  const up = (element) => element.parentElement;
  const spoken = (element) => {
    for (let at = element; at; at = up(at)) {
      const style = getComputedStyle(at);
      if (style.clipPath !== 'none' || style.opacity === '0' || at.tagName === 'SELECT') return true;
    }
    return !element.checkVisibility({ checkVisibilityCSS: true });
  };
  const shown = (element, box) => {
    let { left, right, top, bottom } = box;
    for (let at = element; at; at = up(at)) {
      const style = getComputedStyle(at);
      const edge = at.getBoundingClientRect();
      const scrolls = (value) => value === 'auto' || value === 'scroll';
      if (scrolls(style.overflowX) || scrolls(style.overflowY)) {
        left = Math.max(left, edge.left); right = Math.min(right, edge.right);
        top = Math.max(top, edge.top); bottom = Math.min(bottom, edge.bottom);
        if (right <= left || bottom <= top) return null;
      } else if (style.overflowX !== 'visible') {
        if (left < edge.left - 1 || right > edge.right + 1) return 'cut at the side';
        if (top < edge.top - 2 || bottom > edge.bottom + 2) return 'cut above or below';
      }
    }
    if (left < -1 || right > wide + 1) return 'outside';
    return { left, right, top, bottom };
  };
  const boxes = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element || ['STYLE', 'SCRIPT', 'OPTION'].includes(element.tagName)) continue;
    if (spoken(element)) continue;
    if (exempt.some((selector) => element.closest(selector))) continue;
    const style = getComputedStyle(element);
    if (style.textOverflow === 'ellipsis' && element.scrollWidth > element.clientWidth + 1) say('cut', node.data);
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const line of range.getClientRects()) {
      if (line.width < 1) continue;
      const box = shown(element, line);
      if (typeof box === 'string') say(box, node.data);
      else if (box) boxes.push({ ...box, text: node.data, element });
    }
  }
  for (const canvas of root.querySelectorAll('canvas')) {
    if (!canvas.texts || !canvas.checkVisibility({ checkVisibilityCSS: true })) continue;
    const edge = canvas.getBoundingClientRect();
    for (const { text, left, right, top, bottom } of canvas.texts) {
      if (!text.trim()) continue;
      if (text.length > 1 && text.endsWith('…')) say('cut on a canvas', text);
      if (left < -1 || right > edge.width + 1) say('outside its canvas', text);
      const across = { left: left + edge.left, right: right + edge.left };
      const box = shown(canvas, { ...across, top: top + edge.top, bottom: bottom + edge.top });
      if (box && typeof box !== 'string') boxes.push({ ...box, text, element: canvas });
    }
  }
  const layer = (element) => {
    for (let at = element; at; at = up(at)) {
      const { position } = getComputedStyle(at);
      if (position === 'sticky' || at.tagName === 'DIALOG') return at;
    }
    return null;
  };
  boxes.forEach((one, i) => {
    for (const other of boxes.slice(i + 1)) {
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      if (across < 2 || down < 3 || one.text === other.text || layer(one.element) !== layer(other.element)) continue;
      say('on each other', `${one.text.trim().slice(0, 28)} / ${other.text.trim().slice(0, 28)}`);
    }
  });
  if (document.documentElement.scrollWidth > wide) say('scrolls', 'the page, sideways');
  return [...new Set(found)];
}"""


def record(context: BrowserContext) -> None:
    """Keep what the pages of `context` write on canvases, for `findings`."""
    context.add_init_script(RECORD)


def findings(page: Page, exempt: Sequence[str] = ()) -> list[str]:
    """What is cut, outside or on other text, each in words; none where all is well. `exempt` are CSS selectors."""
    return page.evaluate(AUDIT, list(exempt))
