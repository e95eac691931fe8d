/*
 * The library and the applications as a distribution builds, installs and uses them: every compiler, warnings as
 * errors, programs written for the original's interfaces found through pkg-config, linked both ways.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { createRunner } from '../../src/core/runner.js';
import { apps } from '../vm/user-space.js';

const runner = createRunner();
const manuals = ['pkt-gen', 'bridge', 'lb', 'nmreplay', 'tlem', 'dedup'].map((name) => `man8/${name}.8`);
const client = (name: string) => path.join(packageRoot, 'test/libnetmap', name);

for (const compiler of ['gcc', 'clang'])
  describe(`built with ${compiler}`, () => {
    let root: string;
    let prefix: string;

    async function run(file: string, ...args: string[]): Promise<string> {
      const env = {
        PKG_CONFIG_PATH: path.join(prefix, 'lib/pkgconfig'),
        LD_LIBRARY_PATH: path.join(prefix, 'lib'),
      };
      return (await runner.run({ file, args, env })).stdout;
    }

    before(async () => {
      root = mkdtempSync(path.join(os.tmpdir(), 'netmap-install-'));
      prefix = path.join(root, 'usr');
      const make = async (folder: string, makefile: string, ...args: string[]) => {
        const where = path.join(root, 'build', folder);
        mkdirSync(where, { recursive: true });
        const set = [`SRCDIR=${packageRoot}`, `BUILDDIR=${root}/build`, `PREFIX=${prefix}`, `CC=${compiler}`];
        // no optimisation: what is looked at is what builds and where it goes
        const common = ['-j2', '-C', where, '-f', path.join(packageRoot, makefile), 'CFLAGS=-O0', ...set];
        await run('make', ...common, ...args);
      };
      await make('build-libnetmap', 'libnetmap/GNUmakefile', 'install');
      for (const app of apps) await make(`build-apps/${app}`, `apps/${app}/GNUmakefile`, 'install');
      // the headers are installed by the build folder's makefile
      const rule = readFileSync(path.join(packageRoot, 'templates/netmap.mak.in'), 'utf8');
      const headers = /kernel\/include\/net\/,([\w. ]+)\)/.exec(rule)?.[1]?.split(' ') ?? [];
      mkdirSync(path.join(prefix, 'include/net'), { recursive: true });
      for (const header of headers)
        await run('cp', path.join(packageRoot, 'kernel/include/net', header), `${prefix}/include/net`);
      await run('cp', path.join(packageRoot, 'libnetmap/libnetmap.h'), `${prefix}/include`);
    });
    after(() => rmSync(root, { recursive: true, force: true }));

    it('has its programs, manuals and completion in place', () => {
      const programs = [...apps, 'pkt-gen-b', 'bridge-b'].sort();
      assert.deepEqual(readdirSync(path.join(prefix, 'bin')).sort(), programs);
      assert.deepEqual(readdirSync(path.join(prefix, 'share/bash-completion/completions')).sort(), programs);
      for (const page of ['man4/vale-ctl.4', 'man3/libnetmap.3', ...manuals])
        assert.ok(existsSync(path.join(prefix, 'share/man', page)), page);
    });

    for (const way of ['shared', 'static'] as const)
      it(`serves programs of the library, ${way}`, async () => {
        const flags = way === 'static' ? ['--static'] : [];
        const found = (await run('pkg-config', ...flags, '--cflags', '--libs', 'libnetmap'))
          .trim()
          .split(' ');
        const program = path.join(root, `client-${way}`);
        const strict = ['-Wall', '-Wextra', '-Werror', ...(way === 'static' ? ['-static'] : [])];
        await run(compiler, ...strict, '-o', program, client('client-library.c'), ...found);
        const printed = await run(program);
        assert.match(printed, /^eth0 mode 4 ring 2 flags 800 mem 3, 1 option offsets, fd -1, 0 0 /);
        assert.match(printed, /\neth0 2 3 rest ''\noption colour=blue token=mine\n2 messages, 1 calls, /);
        assert.match(printed, /default context was another\n$/);
        const linked = await run('readelf', '-d', program);
        assert.equal(/libnetmap\.so\.1/.test(linked), way === 'shared');
      });

    it('serves programs of the header alone', async () => {
      const program = path.join(root, 'client-header');
      const strict = ['-Wall', '-Wextra', '-Werror', `-I${prefix}/include`];
      await run(compiler, ...strict, '-o', program, client('client-header.c'));
      const printed = await run(program);
      assert.match(printed, /^not a name of netmap: 1, errno 0\nnothing to close: 1\n/);
      assert.match(printed, /\n40000 80000 100000 200000 400000 800000\n/);
    });

    it('serves programs in C++', async () => {
      const program = path.join(root, 'client-cpp');
      const found = (await run('pkg-config', '--cflags', '--libs', 'libnetmap')).trim().split(' ');
      const strict = ['-std=c++11', '-Wall', '-Wextra', '-Werror'];
      const cpp = compiler === 'gcc' ? 'g++' : 'clang++';
      await run(cpp, ...strict, '-o', program, client('client.cpp'), ...found);
      assert.match(await run(program), /^eth0 mode 4 ring 2\nno device: /);
    });

    it('completes options and values', async () => {
      const script = path.join(prefix, 'share/bash-completion/completions/pkt-gen');
      const complete = (...words: string[]) => {
        const line = words.map((word) => `'${word}'`).join(' ');
        const call = `_netmap_app ${words[0]} '${words.at(-1)}' '${words.at(-2)}'`;
        return run(
          'bash',
          '-c',
          `. ${script}; COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; ${call}; echo "\${COMPREPLY[*]}"`,
        );
      };
      assert.equal(await complete('pkt-gen', '-f', 'tx'), 'tx txseq\n');
      assert.equal(await complete('tlem', '-D', 'un'), 'uniform,\n');
      assert.match(await complete('bridge', '-i', 'netmap:l'), /netmap:lo/);
      assert.equal(await complete('lb', '--j'), '--json\n');
    });
  });
