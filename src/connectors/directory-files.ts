import { isUtf8 } from 'node:buffer';
import { messageIdTime } from '../smev/message-id.ts';
import { type Collected, type RejectCode, rejectCodes } from './connector.ts';

// What the files of an agency's folder say. Values in, values out.

const forms = {
  '.xml': 'content',
  '.reject.json': 'rejection',
  '.status.json': 'interim',
} as const;
export type Form = (typeof forms)[keyof typeof forms];

/** A file of in/ by its name. */
export interface Named {
  readonly messageId: string;
  readonly form: Form;
}

/** Whether the agency is still at work on it, or it is none of ours. */
export function isUnfinished(name: string): boolean {
  return name.startsWith('.') || /\.(?:tmp|part)$/i.test(name);
}

/** Whether it may be the folder with the files of an answer. */
export function isMessageId(name: string): boolean {
  return messageIdTime(name) !== undefined;
}

/** Undefined for any name that is not of the convention. */
export function readName(name: string): Named | undefined {
  const dot = name.indexOf('.');
  const messageId = name.slice(0, Math.max(0, dot));
  const form = Object.entries(forms).find(([ending]) => ending === name.slice(dot))?.[1];
  if (form === undefined || messageIdTime(messageId) === undefined) return undefined;
  return { messageId, form };
}

/** Why a file was put aside, for the agency. */
export interface Why {
  readonly ru: string;
  readonly en: string;
}

const notUtf8: Why = { ru: 'не в кодировке UTF-8 или пуст', en: 'not UTF-8, or empty' };

/** What a file says, or why it says nothing. */
export function readContent(
  { messageId, form }: Named,
  bytes: Uint8Array,
): { readonly collected: Collected } | { readonly why: Why } {
  if (bytes.length === 0 || !isUtf8(bytes)) return { why: notUtf8 };
  if (form === 'content') {
    return {
      collected: { messageId, answer: { kind: 'content', content: bytes, evidence: bytes } },
    };
  }
  const members = membersOf(bytes);
  if (members === undefined) {
    return {
      why: {
        ru: 'не объект JSON с code и description (от 1 до 4000 знаков, без управляющих)',
        en: 'not a JSON object with code and description (1 to 4000 characters, none of control)',
      },
    };
  }
  const { code, description } = members;
  if (form === 'rejection') {
    if (!isRejectCode(code)) {
      const words = rejectCodes.join(', ');
      return { why: { ru: `code — одно из: ${words}`, en: `code is one of: ${words}` } };
    }
    return {
      collected: { messageId, answer: { kind: 'rejection', code, description, evidence: bytes } },
    };
  }
  if (!isInt(code)) {
    return { why: { ru: 'code — целое число (xs:int)', en: 'code is an integer (xs:int)' } };
  }
  const statuses = [{ code, description }];
  return { collected: { messageId, answer: { kind: 'interim', statuses, evidence: bytes } } };
}

function membersOf(bytes: Uint8Array): { code: unknown; description: string } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { code, description } = value as { code?: unknown; description?: unknown };
  // As string-4000 of the SMEV schemas, and Char of XML.
  if (typeof description !== 'string' || description.length < 1 || description.length > 4000) {
    return undefined;
  }
  return isXmlText(description) ? { code, description } : undefined;
}

/** Half of a surrogate pair is none of these either. */
function isXmlText(text: string): boolean {
  return !/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.test(text);
}

function isRejectCode(code: unknown): code is RejectCode {
  return rejectCodes.some((each) => each === code);
}

function isInt(code: unknown): code is number {
  return Number.isInteger(code) && Number(code) === (Number(code) | 0);
}
