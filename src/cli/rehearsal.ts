import type { Rehearsal } from '../exchange/rehearse.ts';
import type { Group, Mark } from '../exchange/tally.ts';
import { withoutValues } from '../schema/finding.ts';
import { adviceOn, type ChangeName } from './rehearsal-advice.ts';
import { type ExitCode, print } from './run.ts';

/** What `--plan --json` prints of a rehearsal; times are ISO 8601 UTC. */
export interface ShownRehearsal {
  readonly judged: number;
  readonly unread: number;
  readonly first: ShownMark | null;
  readonly last: ShownMark | null;
  readonly moments: readonly string[];
  readonly momentsLeftOut: number;
  readonly refused: readonly ShownGroup[];
  readonly admitted: readonly ShownGroup[];
  readonly already: readonly ShownGroup[];
}

interface ShownMark {
  readonly messageId: string;
  readonly acceptedAt: string;
}

interface ShownGroup {
  /** From when it is so. */
  readonly moment: string;
  readonly code: string;
  readonly system: string;
  /** Fingerprint. */
  readonly certificate: string;
  readonly messageType: string;
  readonly count: number;
  /** How many of this system's messages were judged. */
  readonly of: number;
  readonly first: ShownMark;
  readonly last: ShownMark;
  /** In two languages. */
  readonly reason: string;
  /** What the schema found in the last of them, without its values. */
  readonly findings: readonly string[];
  readonly todo: string;
}

/**
 * Prints what a change did; with --plan what it would do, then its rehearsal.
 *
 * @param rehearsal undefined where the change was made
 * @returns 1 where it would refuse something
 */
export function printCarriedOut(
  json: boolean | undefined,
  rehearsal: Rehearsal | undefined,
  change: ChangeName,
  told: object,
  lines: () => readonly string[],
): ExitCode {
  if (rehearsal === undefined) {
    print(json, told, () => lines().join('\n'));
    return 0;
  }
  const planned = { ...told, planned: true, rehearsal: shownRehearsal(rehearsal, change) };
  const plan = 'Это план: ничего не изменено / this is a plan: nothing was changed.';
  print(json, planned, () => [...lines(), plan, ...rehearsalText(rehearsal, change)].join('\n'));
  return exitCodeOf(rehearsal);
}

/** 1 where the change would refuse something. */
export function exitCodeOf({ refused }: Rehearsal): ExitCode {
  return refused.length > 0 ? 1 : 0;
}

export function shownRehearsal(rehearsal: Rehearsal, change: ChangeName): ShownRehearsal {
  const { first, last, moments, systems } = rehearsal;
  const shown = (groups: readonly Group[]) =>
    groups.map((group) => shownGroup(group, systems.get(group.system) ?? group.count, change));
  return {
    judged: rehearsal.judged,
    unread: rehearsal.unread,
    first: first === undefined ? null : shownMark(first),
    last: last === undefined ? null : shownMark(last),
    moments: moments.map(iso),
    momentsLeftOut: rehearsal.momentsLeftOut,
    refused: shown(rehearsal.refused),
    admitted: shown(rehearsal.admitted),
    already: shown(rehearsal.already),
  };
}

const findingsMax = 3;

function shownGroup(group: Group, of: number, change: ChangeName): ShownGroup {
  const { moment, first, last, fault, ...about } = group;
  const findings = (fault.detail.findings ?? []).slice(0, findingsMax).map(withoutValues);
  return {
    ...about,
    moment: iso(moment),
    of,
    first: shownMark(first),
    last: shownMark(last),
    reason: reasonOf(fault),
    findings: findings.map(({ path, line, rule, text }) => `${path}, ${line}, ${rule}: ${text}`),
    todo: adviceOn(group, change),
  };
}

function reasonOf({ row: { ru, en }, detail }: Group['fault']): string {
  const where = detail.public === undefined ? '' : ` (${detail.public})`;
  return `${ru[0]} / ${en[0]}${where}`;
}

function shownMark({ messageId, acceptedAt }: Mark): ShownMark {
  return { messageId, acceptedAt: iso(acceptedAt) };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** The rehearsal as an operator reads it, below the difference. */
export function rehearsalText(rehearsal: Rehearsal, change: ChangeName): readonly string[] {
  const shown = shownRehearsal(rehearsal, change);
  const { judged, unread, first, last, refused, admitted, already } = shown;
  if (judged + unread === 0)
    return [
      '',
      'репетиция: записанных сообщений нет, судить не по чему / rehearsal: no message is recorded, there is nothing to judge',
    ];
  const between = first && last ? `: ${first.acceptedAt} … ${last.acceptedAt}` : '';
  return [
    '',
    `репетиция на последних сообщениях / rehearsal of the last messages: ${judged}${between}`,
    `  на моменты / as of: ${momentsText(shown)}`,
    ...(unread === 0 ? [] : [`  не читаются / could not be read: ${unread}`]),
    ...(judged === 0
      ? ['судить не по чему / there is nothing to judge']
      : refused.length === 0
        ? [
            `ни одно из последних ${judged} сообщений не было бы отвергнуто / nothing of the last ${judged} messages would be refused`,
          ]
        : [`будет отвергнуто / would be refused: ${sum(refused)}`, ...refused.flatMap(groupLines)]),
    ...(admitted.length === 0
      ? []
      : [
          `отвергались, будут приняты / refused before, would be taken: ${sum(admitted)}`,
          ...admitted.map(shortLine),
        ]),
    ...(already.length === 0
      ? []
      : [
          `отвергаются уже сегодня, изменение ни при чём / refused today already, whatever changes: ${sum(already)}`,
          ...already.map(shortLine),
        ]),
  ];
}

function momentsText({ moments: [now = '', ...ahead], momentsLeftOut }: ShownRehearsal): string {
  const more = momentsLeftOut === 0 ? [] : [`… (+${momentsLeftOut})`];
  return [`${now} (сейчас / now)`, ...ahead, ...more].join(', ');
}

function groupLines(group: ShownGroup): string[] {
  const { first, last, findings, reason, todo } = group;
  return [
    shortLine(group),
    `      ${first.acceptedAt} ${first.messageId} … ${last.acceptedAt} ${last.messageId}`,
    `      ${reason}`,
    ...findings.map((finding) => `      ${finding}`),
    `      что делать / to do: ${todo}`,
  ];
}

function shortLine({ moment, code, system, certificate, messageType, count, of }: ShownGroup) {
  const whose = `${system}, ${certificate.slice(0, 16)}, ${messageType}`;
  return `  с / from ${moment}: ${code}: ${whose}: ${count} из последних ${of} / of its last ${of}`;
}

function sum(groups: readonly ShownGroup[]): number {
  return groups.reduce((total, { count }) => total + count, 0);
}
