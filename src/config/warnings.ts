import * as z from 'zod';
import { key, millis } from './key.ts';

const withinMs = millis.max(60_000);

const webhook = z.strictObject({
  url: key(
    z
      .url({ protocol: /^https?$/ })
      .refine((url) => new URL(url).username === '' && new URL(url).password === '', {
        error: 'имя и пароль не пишут в адрес / no name or password in the address',
      }),
    'адрес, куда предупреждения отправляют методом POST (JSON)',
    'address that warnings are posted to (JSON)',
  ),
  secretFile: key(
    z.string().optional(),
    'файл с секретом, которым подписано тело (HMAC-SHA256); без него тело не подписано',
    'file with the secret that signs the body (HMAC-SHA256); without it the body is not signed',
  ),
  ca: key(
    z.string().optional(),
    'УЦ сертификата получателя (PEM); без него верят системе',
    "authorities of the receiver's certificate (PEM); the system's where absent",
  ),
  timeoutMs: key(
    withinMs.default(10_000),
    'время на ответ; затем попытка повторяется',
    'time to answer; then it is tried again',
  ),
});

const email = z
  .strictObject({
    host: key(z.string().min(1).max(253), 'почтовый сервер (SMTP)', 'mail server (SMTP)'),
    port: key(z.int().min(1).max(65_535).default(587), 'его порт', 'its port'),
    tls: key(
      z.enum(['starttls', 'implicit', 'plain']).default('starttls'),
      'starttls: без STARTTLS письмо не отправляется; implicit: TLS сразу (обычно порт 465); plain: открыто и без пароля',
      'starttls: nothing is sent without STARTTLS; implicit: TLS from the start (usually port 465); plain: in the open, and without a password',
    ),
    ca: key(
      z.string().optional(),
      'УЦ сертификата почтового сервера (PEM); без него верят системе',
      "authorities of the mail server's certificate (PEM); the system's where absent",
    ),
    userFile: key(
      z.string().optional(),
      'файл с именем пользователя',
      'file with the name of the user',
    ),
    passwordFile: key(z.string().optional(), 'файл с паролем', 'file with the password'),
    from: key(z.email(), 'адрес отправителя', 'address of the sender'),
    to: key(z.array(z.email()).min(1).max(20), 'адреса получателей', 'addresses of the receivers'),
    timeoutMs: key(
      withinMs.default(30_000),
      'время на отправку письма; затем попытка повторяется',
      'time to send a letter; then it is tried again',
    ),
  })
  .refine(
    ({ userFile, passwordFile }) => (userFile === undefined) === (passwordFile === undefined),
    {
      message: 'userFile и passwordFile задаются вместе / userFile goes with passwordFile',
    },
  )
  .refine(({ tls, userFile }) => tls !== 'plain' || userFile === undefined, {
    message: 'пароль не отправляют без TLS / no password goes without TLS',
  });

/** When and how operators are warned of what ends soon. */
export const warnings = z
  .strictObject({
    days: key(
      z.array(z.int().min(1).max(3650)).min(1).max(20).default([60, 30, 14, 7, 1]),
      'за сколько дней до конца предупреждать',
      'how many days before an end to warn',
    ),
    webhook: webhook.optional(),
    email: email.optional(),
  })
  .prefault({});
