import type { MessageType } from '../participants/registry.ts';
import type { SmevRoute } from '../participants/routes.ts';
import type { Connector } from './connector.ts';
import { ConnectorFailure } from './failure.ts';

/** */
export function smev(_route: SmevRoute, type: MessageType): Connector {
  const unbuilt = () => Promise.reject(new ConnectorFailure('NOT_SENT', type.id));
  return { deliver: unbuilt, probe: unbuilt, close: async () => undefined };
}
