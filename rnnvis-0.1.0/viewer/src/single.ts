import { INLINED_MANIFEST, inlinedFiles } from './data/inlined';
import { define } from './shell/element';

define({ home: null, src: () => INLINED_MANIFEST, fetcher: () => inlinedFiles(document) });
