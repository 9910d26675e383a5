import type { Request } from './messages';
import { Session } from './session';

const session = new Session((reply) => postMessage(reply), 20);
addEventListener('message', ({ data }: MessageEvent<Request>) => session.hear(data));
