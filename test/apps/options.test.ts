import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { packageRoot } from '../../src/system/paths.js';
import { buildProgram, LIBNETMAP, type Program } from '../libnetmap/c-program.js';
import { checkFrame, pcapFile } from '../libnetmap/check-frames.js';

/** The C files of an application, as its makefile has them. */
function sourcesOf(app: string): string[] {
  const folder = path.join('apps', app);
  const makefile = readFileSync(path.join(packageRoot, folder, 'GNUmakefile'), 'utf8');
  const common = /^common := (.*)$/m.exec(makefile)?.[1]?.split(' ') ?? [];
  return [
    ...readdirSync(path.join(packageRoot, folder))
      .filter((file) => file.endsWith('.c'))
      .map((file) => path.join(folder, file)),
    ...common.map((file) => path.join('apps/common', file)),
    ...LIBNETMAP,
  ];
}

/** Arguments, exit status, and what it says. Without a netmap device nothing of this gets as far as a port. */
type Case = readonly [args: readonly string[], status: number, says: RegExp];

const two = ['-i', 'netmap:x', '-i', 'netmap:y'];

const cases: Readonly<Record<string, readonly Case[]>> = {
  bridge: [
    [['-h'], 1, /usage: bridge/],
    [[], 1, /missing interface/],
    [['-q'], 1, /bad option \? \(null\)/],
    [['-b', '0', ...two], 1, /invalid burst 0, set to 1024/],
    [['-b', '8193', ...two], 1, /invalid burst 8193, set to 1024/],
    [['-b', 'x', ...two], 1, /invalid burst x, set to 1024/],
    [['-w', '101', ...two], 1, /invalid wait_link 101, set to 4/],
    [[...two, '-i', 'vale2:a'], 1, /vale2:a ignored, already have 2 interfaces/],
    [['-i', 'eth0'], 1, /eth0\^: invalid request, prefix unknown or missing/],
    [['-i', 'netmap:x'], 1, /same interface, endpoint 0 goes to host/],
    [['-L', '-i', 'netmap:x'], 1, /same interface, loopbacking traffic/],
    [['netmap:x', 'netmap:y', '0'], 1, /invalid burst 0, set to 1024/],
    [['-c', '-v', ...two], 1, /cannot open netmap:x/],
  ],
  'vale-ctl': [
    [['-v'], 1, /Usage/],
    [['-q'], 1, /Usage/],
    [['surplus'], 1, /Usage/],
    [['-C', '1'], 1, /Usage/],
    [['-a', 'vale0:x', '-C', '1x'], 1, /invalid config '1x'/],
    [['-n', 'x', '-C', ''], 1, /invalid config ''/],
    [['-n', 'x', '-C', '1,2,3,4,5'], 1, /ignored config: 5/],
    [['-p', 'vale0:x'], 1, /invalid null\/empty config/],
    [['-p', 'vale0:x', '-C', '2,1'], 1, /invalid mode 2/],
    [['-p', 'vale0:x', '-C', '0,1,2'], 1, /too many numbers in '0,1,2'/],
    [['-p', 'vale0:x', '-C', '1,2,3,4'], 1, /too many numbers/],
    [['-l', 'eth0'], 1, /invalid vale port name: 'eth0'/],
    [['-a', 'vale0:x', '-m', '65536'], 1, /invalid memory id '65536'/],
    [['-a', 'vale0:x', '-m', 'eth0'], 1, /prefix unknown or missing/],
    [['-g', 'n'.repeat(64)], 1, /failed to obtain info for n+: File name too long/],
  ],
  lb: [
    [['-h'], 0, /usage: lb/],
    [[], 1, /missing interface name/],
    [['-q'], 1, /bad option/],
    [['-i', 'n'.repeat(57)], 1, /ifname too long/],
    [['-i', 'x', '-p', ':3'], 1, /invalid group name in ':3'/],
    [['-i', 'x', '-p', 'a:0'], 1, /invalid number of pipes in 'a:0'/],
    [['-i', 'x', '-p', 'x'], 1, /invalid number of pipes in 'x'/],
    [['-i', 'x', '-p', 'netmap:x:2'], 1, /invalid number of pipes/],
    [['-i', 'x', '-B', '-1'], 1, /invalid value '-1' for -B/],
    [['-i', 'x', '-b', '65536'], 1, /invalid value '65536' for -b/],
    [['-i', 'x', '-w', 'x'], 1, /invalid value 'x' for -w/],
    [['-i', 'x', '-o', 'x'], 1, /invalid value 'x' for -o/],
    [['-i', 'x', '-s', '-1'], 1, /invalid value '-1' for -s/],
    [['-i', 'x', '-p', 'a:', '-p', '3', '-W', '-b', '9', '-B', '8'], 1, /requested 8 extra buffers/],
  ],
  nmreplay: [
    [['-h'], 1, /usage: nmreplay/],
    [['-i', 'netmap:x'], 1, /missing pcap file/],
    [['-f', 'FILE'], 1, /missing interface/],
    [['-f', 'FILE', '-i', 'netmap:x', '-B', '1M', '-B', '2M'], 1, /-B too many times 2M/],
    [['-f', 'FILE', '-i', 'netmap:x', '-B', 'foo'], 1, /arguments foo not recognised/],
    [['-f', 'FILE', '-i', 'netmap:x', '-D', 'exp,3m,1m'], 1, /need 'exp,dmin,davg' have 'exp,3m,1m'/],
    [['-f', 'FILE', '-i', 'netmap:x', '-L', '0.1x'], 1, /invalid arguments: need 'plr,prob/],
    [['-f', 'FILE', '-i', 'netmap:x', '-C', '1,2,3'], 1, /-C needs 1, 2 or 4/],
    [['-f', 'FILE', '-i', 'netmap:x', '-b', '9000'], 1, /--WWW-- invalid burst 9000, set to 1024/],
    [['-f', 'FILE', '-i', 'netmap:x', '-w', '200'], 1, /invalid wait_link 200, set to 4/],
    [['-f', '/dev/null', '-i', 'netmap:x'], 1, /--EEE-- unable to read file \/dev\/null/],
    [['-f', '/nonexistent', '-i', 'netmap:x'], 1, /No such file/],
    [['-f', 'TEXT', '-i', 'netmap:x'], 1, /unknown magic/],
    [['-f', 'EMPTY', '-i', 'netmap:x'], 1, /no packets in the file/],
    [['-f', 'CUT', '-i', 'netmap:x'], 1, /the last packet is cut off, dropped/],
    [
      ['-f', 'FILE', '-i', 'netmap:x', '-v', '-B', 'real,2', '-D', 'uniform,1m,2m'],
      1,
      /cannot open netmap on netmap:x/,
    ],
  ],
  tlem: [
    [[], 1, /missing interface\(s\)/],
    [['-Z'], 1, /unknown option '-Z'/],
    [['-i', 'netmap:x', '-i', 'netmap:x'], 1, /must specify two different interfaces netmap:x netmap:x/],
    [[...two, '-i', 'netmap:z'], 1, /-i too many times: netmap:z/],
    [[...two, '-B', 'foo'], 1, /arguments foo not recognised[\s\S]*exiting due to 2 error\(s\)/],
    [[...two, '-B', '1M', '-B', 'foo'], 1, /exiting due to 1 error\(s\)/],
    [[...two, '-D', '-1'], 1, /arguments -1 not recognised/],
    [[...two, '-R', '0.1'], 1, /arguments 0\.1 not recognised/],
    [[...two, '-L', '2'], 1, /invalid arguments: need/],
    [[...two, '-Q', '1x'], 1, /bad argument 1x/],
    [[...two, '-O', 'x'], 1, /bad argument x/],
    [[...two, '-P', '2'], 1, /bad argument 2/],
    [[...two, '-d', 'x'], 1, /bad argument x/],
    [[...two, '-M', 'x'], 1, /need 'delay\[,bandwidth\[,hold\]\]' have 'x'/],
    [[...two, '-C', '1,2,3'], 1, /-C needs 1, 2 or 4/],
    [[...two, '-B'], 1, /option '-B' needs a value/],
    [[...two, '-b', '9000'], 1, /invalid burst 9000, set to 1024/],
    [[...two, '-B', 'avg,1M'], 1, /token 131B\/1\.05ms depth 18400/],
    [[...two, '-B', '10M'], 1, /setting qsize to 50000B/],
    [two, 1, /using unlimited qsize[\s\S]*cannot open netmap:x/],
    [['-r', '-i', 'vale0:x', '-i', 'netmap:y'], 1, /route mode needs netmap: ports, not vale0:x/],
    [['-r', '-i', 'netmap:nosuch', '-i', 'netmap:y'], 1, /failed to get IPv4 address for nosuch/],
    [['-s', '/nonexistent/file', ...two], 1, /cannot open session file/],
    [['-a', '-s', 'SESSION'], 1, /no tlem is running in this session/],
  ],
  dedup: [
    [['-h'], 1, /usage: dedup/],
    [['-i', 'netmap:x'], 1, /missing interface/],
    [[...two, '-i', 'netmap:z'], 1, /netmap:z ignored, already have 2 interfaces/],
    [[...two, '-F', '0'], 1, /failed to initialize dedup with fifo_size 0/],
    [[...two, '-F', '20000'], 1, /failed to initialize dedup with fifo_size 20000/],
    [[...two, '-F', 'x'], 1, /invalid value 'x' for -F/],
    [[...two, '-W', '-1'], 1, /invalid value '-1' for -W/],
    [[...two, '-w', 'x'], 1, /invalid value 'x' for -w/],
    [[...two, '-q'], 1, /bad option/],
    [['-i', 'eth0', '-i', 'netmap:y'], 1, /cannot open eth0/],
    [[...two, '-H', '-c', '-v', '-F', '10'], 1, /sh 5 size 32/],
  ],
};

let temporary: string;
const files: Record<string, Buffer> = {};

before(() => {
  temporary = mkdtempSync(path.join(os.tmpdir(), 'netmap-options-'));
  const whole = pcapFile([1, 2, 3].map((i) => ({ data: checkFrame(100, i), us: i * 1000 })));
  files.FILE = whole;
  files.CUT = whole.subarray(0, whole.length - 20);
  files.EMPTY = pcapFile([]);
  files.TEXT = Buffer.from('this is not a packet capture, but long enough to be one');
  files.SESSION = Buffer.from('');
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(temporary, name), content);
});
after(() => rmSync(temporary, { recursive: true, force: true }));

for (const [app, table] of Object.entries(cases))
  describe(app, () => {
    let program: Program;
    before(() => {
      program = buildProgram(sourcesOf(app), [`apps/${app}`]);
    });
    after(() => program.remove());

    for (const [args, expected, says] of table)
      it(`${args.map((arg) => arg.slice(0, 20)).join(' ') || 'without arguments'}`, () => {
        const real = args.map((arg) => (arg in files ? path.join(temporary, arg) : arg));
        const { status, stdout, stderr } = program.run(real);
        assert.match(stdout + stderr, says);
        assert.equal(status, expected, stderr);
      });
  });
