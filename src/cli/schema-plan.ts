import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { recordedMessages } from '../exchange/recorded.ts';
import { type Replay, replay } from '../exchange/replay.ts';
import { readRegistry } from '../participants/registry.ts';
import { countingVersions, type TypeVersion } from '../participants/type-versions.ts';
import { type Difference, differenceOf } from '../schema/difference/difference.ts';
import { pairNamespaces } from '../schema/difference/namespaces.ts';
import { withoutValues } from '../schema/finding.ts';
import { XsdUnread } from '../schema/xsd-components.ts';
import { lastOf } from './carry-out.ts';
import { type Opened, openForCli } from './open.ts';
import { type ExitCode, print, run, UsageError } from './run.ts';

interface PlanOptions {
  readonly last?: string;
  readonly from?: string;
  readonly json?: true;
}

/** What `schema plan` finds. */
interface Planned {
  readonly type: string;
  readonly from: string;
  readonly to: string;
  /** null where a schema uses what is not compared: xs:redefine. */
  readonly difference: Difference | null;
  readonly replay: Replay;
}

/** `schema plan`: what a version would change, in the words of the type and on recorded messages. */
export function registerPlan(schema: Command): void {
  schema
    .command('plan')
    .description(
      'чем версия отличается от действующей и что она сказала бы о записанных сообщениях; ничего не меняет / how a version differs from the one that counts, and what it would say of recorded messages; changes nothing',
    )
    .argument('<type>', 'id of the message type')
    .argument('<version>', 'a version that was admitted')
    .option('--from <version>', 'compare with this one, not with the one that counts')
    .option('--last <n>', 'how many recorded messages of the type, the last ones (default 1000)')
    .option('--json', 'print JSON')
    .action((type: string, version: string, options: PlanOptions) =>
      run(() => plan(type, version, options)),
    );
}

async function plan(type: string, version: string, options: PlanOptions): Promise<ExitCode> {
  const last = lastOf(options.last);
  const opened = await openForCli();
  try {
    const planned = await planOf(opened, { type, version, from: options.from, last });
    print(options.json, jsonOf(planned), () => report(planned));
    return isSafe(planned) ? 0 : 1;
  } finally {
    await opened.database.close();
  }
}

interface Wish {
  readonly type: string;
  readonly version: string;
  readonly from: string | undefined;
  readonly last: number;
}

async function planOf(
  { database, trusting }: Opened,
  { type, version, from, last }: Wish,
): Promise<Planned> {
  const found = (await readRegistry(database, trusting)).findMessageType(type);
  if (found === undefined) {
    throw new UsageError(`нет вида сведений ${type} / there is no such message type`);
  }
  const to = named(found.versions, type, version);
  const others = { versions: found.versions.filter((each) => each !== to) };
  const [counting] = countingVersions(others, systemClock.now());
  const base = from === undefined ? counting : named(found.versions, type, from);
  if (base === undefined) {
    throw new UsageError(
      `${type}: сравнить не с чем, назовите --from / there is nothing to compare with: --from`,
    );
  }
  const renamed = new Map(
    others.versions
      .flatMap((each) => pairNamespaces(each, to))
      .map((pair) => [pair.from, pair.to] as const),
  );
  const messages = recordedMessages(database.kysely, last, type);
  return {
    ...{ type, from: base.version, to: to.version, difference: compared(base, to) },
    replay: await replay(messages, { version: to, renamed, progress: progressOf(last) }),
  };
}

function named(versions: readonly TypeVersion[], type: string, version: string): TypeVersion {
  const found = versions.find((each) => each.version === version);
  if (found !== undefined) return found;
  const known = versions.map((each) => each.version).join(', ');
  throw new UsageError(
    `${type}: нет версии ${version}; есть / there is no such version; there are: ${known}`,
  );
}

function compared(base: TypeVersion, to: TypeVersion): Difference | null {
  try {
    return differenceOf(base, to);
  } catch (error) {
    if (error instanceof XsdUnread) return null;
    throw error;
  }
}

const progressEveryMs = 2000;

function progressOf(last: number): (done: number) => void {
  let told = systemClock.now();
  return (done) => {
    if (systemClock.now() - told < progressEveryMs) return;
    told = systemClock.now();
    process.stderr.write(`проверено / judged: ${done} / ${last}\n`);
  };
}

/** Nothing that is sent today would be refused, as far as can be told. */
function isSafe({ difference, replay: { misfits } }: Planned): boolean {
  if (misfits.length > 0 || difference === null) return false;
  return !difference.request.refusesOld && !difference.answer.refusesOld;
}

function jsonOf(planned: Planned) {
  const { difference, replay: replayed, ...about } = planned;
  return {
    ...about,
    difference,
    replay: {
      ...replayed,
      misfits: replayed.misfits.map(({ finding, ...misfit }) => ({
        ...misfit,
        finding: withoutValues(finding),
      })),
    },
    safe: isSafe(planned),
  };
}

function report(planned: Planned): string {
  const { type, from, to, difference } = planned;
  return [
    `${type}: ${from} → ${to}`,
    ...(difference === null
      ? ['схемы с xs:redefine не сравниваются / schemas with xs:redefine are not compared']
      : differenceLines(difference)),
    '',
    ...replayLines(planned.replay),
    isSafe(planned)
      ? 'Ничто из того, что шлют сегодня, версия бы не отвергла / nothing that is sent today would be refused by it.'
      : 'Часть того, что шлют сегодня, версия отвергла бы: дайте перекрытие (--overlap) и предупредите / some of what is sent today would be refused by it: let the versions overlap (--overlap), and tell those who send it.',
  ].join('\n');
}

function differenceLines({ changes, request, answer }: Difference): string[] {
  if (changes.length === 0) {
    return ['для сообщений версии не отличаются / the versions do not differ for messages'];
  }
  const words = { compatible: 'совместимо / compatible', breaking: 'ломает / breaking' } as const;
  return [
    `запросы / requests: ${words[request.verdict]}. ${request.text.ru} / ${request.text.en}`,
    `ответы / answers: ${words[answer.verdict]}. ${answer.text.ru} / ${answer.text.en}`,
    ...changes.flatMap(({ verdict, path, places, text }) => [
      `  ${verdict === 'breaking' ? '!' : ' '} ${path}${places > 1 ? ` (+${places - 1})` : ''}`,
      `      ${text.ru} / ${text.en}`,
    ]),
  ];
}

function replayLines({ judged, fit, unread, misfits }: Replay): string[] {
  if (judged + unread === 0) {
    return ['записанных сообщений этого вида нет / no messages of the type are recorded'];
  }
  return [
    `из последних ${judged} сообщений вида подошло бы ${fit} / of the last ${judged} messages of the type ${fit} would fit`,
    ...(unread === 0 ? [] : [`  без содержимого / without content: ${unread}`]),
    ...misfits.flatMap(({ system, side, finding, count, last }) => {
      const { path, rule, text } = withoutValues(finding);
      return [
        `  ${system}, ${side}: ${count}: ${path}, ${rule}: ${text}`,
        `      ${last.messageId}`,
      ];
    }),
  ];
}
