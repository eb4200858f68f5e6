import type { MessageType } from '../participants/registry.ts';
import type { RestRoute } from '../participants/routes.ts';
import type { Connector } from './connector.ts';
import { ConnectorFailure } from './failure.ts';

/** */
export function rest(
  _route: RestRoute,
  type: MessageType,
  _publicUrl: string | undefined,
): Connector {
  const unbuilt = () => Promise.reject(new ConnectorFailure('NOT_SENT', type.id));
  return { deliver: unbuilt, probe: unbuilt, close: async () => undefined };
}
