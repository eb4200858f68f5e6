// An agency that speaks JSON over REST, for the route `rest` with `format: json` (docs/connectors.md).
// node examples/agencies/rest.mjs 9000
import { createServer } from 'node:http';

/** What was answered, by the MessageID: a repeat gets the same again. */
const answered = new Map();

function answer({ PaymentStatusRequest: asked }) {
  if (asked === undefined)
    return [422, problem('UNKNOWN_REQUEST_DESCRIPTION', 'неизвестный запрос')];
  const number = asked.PaymentNumber;
  if (/^0+$/.test(number)) return [422, problem('NO_DATA', 'платёж не найден')];
  return [200, { PaymentStatusResponse: { PaymentNumber: number, Status: 'paid' } }];
}

function problem(code, description) {
  return { code, description };
}

const server = createServer(async (request, response) => {
  if (request.method !== 'POST') return response.writeHead(405).end();
  const key = request.headers['idempotency-key'];
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += part;
  try {
    if (!answered.has(key)) answered.set(key, answer(JSON.parse(text)));
  } catch {
    return response.writeHead(400).end();
  }
  const [status, body] = answered.get(key);
  const type = status === 200 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'Content-Type': type }).end(JSON.stringify(body));
});

server.listen(Number(process.argv[2] ?? 9000), '127.0.0.1', () => {
  const { port } = server.address();
  process.stdout.write(`http://127.0.0.1:${port}/\n`);
});
