import { readFile } from 'node:fs/promises';
import type { AgencyRequest } from './connector.ts';
import { ConnectorFailure } from './failure.ts';

/** What an agency is told of a request beside its content. A repeat bears the same key. */
export function identityHeaders(request: AgencyRequest): Record<string, string> {
  return {
    'Idempotency-Key': request.messageId,
    'X-Mezhved-Message-Id': request.messageId,
    'X-Mezhved-Exchange-Id': request.exchangeId,
    'X-Mezhved-Message-Type': request.messageType,
    'X-Mezhved-Namespace': encodeURI(request.root.namespace),
    'X-Mezhved-Sender': request.sender,
    ...(request.test ? { 'X-Mezhved-Test': 'true' } : {}),
  };
}

/**
 * The header Authorization from its file, read anew for each call so that it can be changed at any time.
 *
 * @throws ConnectorFailure NOT_SENT
 */
export async function authorization(file: string | undefined): Promise<Record<string, string>> {
  if (file === undefined) return {};
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const value = text?.trim() ?? '';
  if (!/^[\x21-\x7e](?:[\x20-\x7e]{0,8190}[\x21-\x7e])?$/.test(value)) {
    const why = text === undefined ? 'cannot be read' : 'holds no value of a header';
    throw new ConnectorFailure('NOT_SENT', `authorizationFile: ${file} ${why}`);
  }
  return { Authorization: value };
}
