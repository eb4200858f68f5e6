import type { Registry } from '../participants/registry.ts';
import { type Connector, FinalFailure } from './connector.ts';
import { simulator } from './simulator.ts';

/** The connector of a message type's route, as of this registry. */
export function connectorFor(registry: Registry, messageType: string): Connector {
  const route = registry.findMessageType(messageType)?.route;
  if (route?.kind === 'simulator') return simulator(route);
  // The route was changed to a queue, or the type is gone, after the request was accepted.
  return {
    deliver: () => Promise.reject(new FinalFailure(`no connector for ${messageType}`)),
  };
}
