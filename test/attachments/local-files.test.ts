import { randomBytes } from 'node:crypto';
import { LocalFiles } from '../../src/attachments/local-files.ts';
import { temporaryFolder } from '../harness/node.ts';
import { keepsTheContract } from './store-contract.ts';

describe('files of the local disk', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let files: LocalFiles;
  beforeEach(async () => {
    folder = await temporaryFolder();
    files = new LocalFiles(folder.path, randomBytes);
  });
  afterEach(() => folder.remove());

  keepsTheContract(() => ({ files, folder: folder.path }));
});
