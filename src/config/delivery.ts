import * as z from 'zod';
import { key, millis } from './key.ts';

/** How requests are carried to agencies. */
export const delivery = z
  .strictObject({
    serve: key(
      z.boolean().default(true),
      'доставляет ли serve сам; false, когда доставкой заняты процессы worker',
      'whether serve delivers itself; false where processes of worker do',
    ),
    attemptsMax: key(
      z.int().min(1).default(300),
      'неудачных попыток доставки подряд, затем доставка ждёт оператора; при паузах по умолчанию около полутора суток',
      'failed attempts at a delivery in a row, then it waits for an operator; about a day and a half with the default pauses',
    ),
    decideWithinMs: key(
      millis.default(2 * 86_400_000),
      'сколько недоставленное ждёт решения оператора; затем отправитель получает асинхронную ошибку',
      'how long a dead letter waits for an operator; then its sender gets an asynchronous error',
    ),
    backoffMs: key(
      millis.default(1000),
      'пауза после первой неудачи',
      'pause after the first failure',
    ),
    backoffMaxMs: key(millis.default(600_000), 'наибольшая пауза', 'longest pause'),
    attemptMaxMs: key(millis.default(60_000), 'время одной попытки', 'time of one attempt'),
    concurrency: key(
      z.int().min(1).default(256),
      'попыток одновременно без Redis',
      'attempts at once without Redis',
    ),
    laneConcurrency: key(
      z.int().min(1).default(8),
      'попыток одновременно к одному ведомству, если маршрут не говорит иного',
      'attempts at once to one agency, where its route does not say otherwise',
    ),
    laneWaitingMax: key(
      z.int().min(1).default(1000),
      'доставок одного ведомства в очереди движка; остальные ждут в базе',
      "deliveries of one agency in the engine's queue; the others wait in the database",
    ),
    sweepEveryMs: key(
      millis.default(2000),
      'как часто искать забытые доставки',
      'how often to look for forgotten deliveries',
    ),
    breaker: z
      .strictObject({
        failures: key(
          z.int().min(1).default(5),
          'неудач подряд, после которых ведомство считается недоступным',
          'failures in a row after which an agency counts as down',
        ),
        openMs: key(
          millis.default(5000),
          'сколько недоступное ведомство не тревожат сначала',
          'how long an agency that is down is left alone at first',
        ),
        openMaxMs: key(millis.default(60_000), 'наибольшее такое время', 'the longest such time'),
      })
      .prefault({}),
    stopWithinMs: key(
      millis.default(10_000),
      'сколько при остановке ждать начатого; затем оно возвращается в очередь',
      'how long to wait at a stop for what has begun; then it is handed back',
    ),
  })
  .prefault({});
