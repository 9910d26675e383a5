/** The worker of models with an ONNX graph: the same as the other, and onnxruntime with it. */

import { graphRuntime } from './graphRuntime';
import type { Request } from './messages';
import { Session } from './session';

let session: Session | null = null;
addEventListener('message', ({ data }: MessageEvent<Request>) => {
  if ('open' in data && data.runtime)
    session = new Session((reply) => postMessage(reply), 20, graphRuntime(data.runtime));
  session?.hear(data);
});
