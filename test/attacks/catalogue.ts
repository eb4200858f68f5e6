import type { Attack, Chapter } from './attack.ts';
import { certificates } from './catalogue/certificates.ts';
import { gostKeys } from './catalogue/gost.ts';
import { keysAndMethods } from './catalogue/keys.ts';
import { parsing } from './catalogue/parser.ts';
import { referencing } from './catalogue/references.ts';
import { soap } from './catalogue/soap.ts';
import { structure } from './catalogue/structure.ts';
import { wrapping } from './catalogue/wrapping.ts';

export const chapters: readonly Chapter[] = [
  wrapping,
  structure,
  referencing,
  keysAndMethods,
  gostKeys,
  certificates,
  parsing,
  soap,
];

export const attacks: readonly Attack[] = chapters.flatMap((chapter) => chapter.attacks);
