import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';

/** `config.log` of a build folder: recreated by every run, then only appended to. */
export class ConfigLog {
  readonly file: string;
  readonly #files: Files;

  constructor(buildDir: string, files: Files) {
    this.#files = files;
    this.file = path.join(buildDir, 'config.log');
  }

  /** @throws NetmapError `build-folder-not-writable` */
  async create(statusLine: string): Promise<void> {
    try {
      await this.#files.put(this.file, `${new Date().toString()}\nconfigured with${statusLine}\n`);
    } catch (error) {
      throw new NetmapError(
        {
          code: 'build-folder-not-writable',
          what: `cannot write into the build folder ${path.dirname(this.file)}`,
          why: (error as NodeJS.ErrnoException).code ?? String(error),
          mend: 'run from a folder that you may write to: mkdir ~/netmap-build && cd ~/netmap-build',
        },
        { cause: error },
      );
    }
  }

  async append(text: string): Promise<void> {
    await this.#files.append(this.file, text);
  }
}
