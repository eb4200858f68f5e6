import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../clock.ts';
import { signTemplate } from '../compute/sign-template.ts';
import type { Signer } from '../signature/signer.ts';
import { ackCall, pollCall } from '../smev/calls.ts';
import { type Version, versionOfTypes } from '../smev/namespaces.ts';
import { withXml } from '../xml/document.ts';
import { childElements } from '../xml/navigate.ts';
import type { Answered, Post } from './answer.ts';
import { UnreachableError } from './run.ts';

interface Waiting {
  /** The acknowledgement of the request. */
  readonly answer: Answered;
  readonly signer: Signer;
  readonly post: Post;
  readonly timeoutMs: number;
  readonly tell: (text: string) => void;
}

const pauseMs = 500;

/**
 * Asks GetResponse until the answer to this request comes, and acknowledges it. Answers to other
 * requests stay leased and return to their queue.
 *
 * @throws UnreachableError when none came in time
 */
export async function awaitResponse(waiting: Waiting): Promise<Answered> {
  const { answer, signer, post, timeoutMs, tell } = waiting;
  const version = versionOf(answer);
  const end = performance.now() + timeoutMs;
  while (performance.now() < end) {
    const poll = pollCall('GetResponse', version, { at: systemClock.now() });
    const polled = await post(signTemplate(poll, signer), 'GetResponse');
    if (polled.fault !== undefined) return polled;
    if (polled.messageId === undefined) {
      await wait(pauseMs);
    } else if (polled.originalMessageId === answer.messageId) {
      await post(signTemplate(ackCall(version, polled.messageId), signer), 'Ack');
      if (polled.interim !== true) return polled;
    } else {
      tell(`  ответ на другой запрос / the answer to another request: ${polled.originalMessageId}`);
    }
  }
  throw new UnreachableError(
    `ответа ведомства нет за ${timeoutMs / 1000} с / no answer of the agency within that time; ` +
      `MessageID ${answer.messageId}`,
  );
}

/** Of the service that answered. */
function versionOf({ xml }: Answered): Version {
  return withXml(Buffer.from(xml), ({ root }) => {
    const body = childElements(root).find(({ name }) => name === 'Body');
    const payload = body && childElements(body)[0];
    return (payload && versionOfTypes(payload.namespaceUri)) ?? '1.2';
  });
}
