import type { OperationName } from '../smev/operations.ts';
import { acknowledgeMessage } from './acknowledge.ts';
import type { ExchangeContext } from './context.ts';
import { getIncomingQueueStatistics, getStatus } from './look.ts';
import { getRequest, getResponse } from './poll.ts';
import { sendRequest } from './send-request.ts';
import { sendResponse } from './send-response.ts';
import type { Authorised, Recorded } from './stages.ts';

/** What is done for each operation once its caller is known. */
export const pipeline: {
  readonly [O in OperationName]: (
    context: ExchangeContext,
    authorised: Authorised<O>,
  ) => Promise<Recorded>;
} = {
  SendRequest: sendRequest, //                 may send, fresh, not seen → exchange, queue
  GetRequest: getRequest, //                   may provide, fresh → lease, delivery
  SendResponse: sendResponse, //               is the recipient, fresh, not seen → answer, queue
  GetResponse: getResponse, //                 fresh → lease, delivery
  Ack: acknowledgeMessage, //                  holds the lease → done, status
  GetStatus: getStatus, //                     fresh → notice
  GetIncomingQueueStatistics: getIncomingQueueStatistics, // fresh → numbers
};
