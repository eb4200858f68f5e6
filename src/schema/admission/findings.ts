import type { Finding } from '../../fault/fault.ts';
import { type AdmissionRule, admissionRules } from './table.ts';

/** What a package breaks: the file, its line, the rule, what is wrong and how to mend it (ru / en). */
export interface AdmissionFinding extends Finding {
  readonly rule: AdmissionRule;
  readonly mend: string;
}

const detailMax = 500;

/**
 * A finding in the words of the table.
 *
 * @param detail names and numbers that need no translation; what a package says is quoted cut short
 */
export function found(
  rule: AdmissionRule,
  path: string,
  line = 0,
  detail: string | number = '',
): AdmissionFinding {
  const { ru, en } = admissionRules[rule];
  const said = printable(String(detail));
  const ending = said === '' ? '.' : `: ${said}`;
  return {
    path: printable(path),
    line,
    rule,
    text: `${ru[0]}${ending} / ${en[0]}${ending}`,
    mend: `${ru[1]}. / ${en[1]}.`,
  };
}

/** A name or a value may hold anything: it goes to a terminal and to a page. */
function printable(said: string): string {
  const short = said.length > detailMax ? `${said.slice(0, detailMax)}…` : said;
  return short.replace(/[\p{C}\u2028\u2029]/gu, '?');
}

/** Stops the reading of a package at what cannot be read past. */
export class PackageRefused extends Error {
  override readonly name = 'PackageRefused';
  readonly finding: AdmissionFinding;

  constructor(finding: AdmissionFinding) {
    super(`${finding.path}: ${finding.rule}`);
    this.finding = finding;
  }
}

/** @throws PackageRefused */
export function refuse(...finding: Parameters<typeof found>): never {
  throw new PackageRefused(found(...finding));
}
