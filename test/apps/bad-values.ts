/**
 * Values that an option must refuse: exit 1 (pkt-gen also with 255, as scripts know it), a line that says what is
 * wrong. `corrected`: as ever, such a value is replaced by a good one, with a line that says so.
 */
export interface BadValue {
  readonly value: string;
  readonly says: RegExp;
  readonly corrected?: true;
}

/** What comes before the bad option on the command line: everything else is right. */
export const before: Readonly<Record<string, readonly string[]>> = {
  'pkt-gen': ['-i', 'null', '-f', 'tx', '-n', '1', '-T', '10'],
  bridge: ['-i', 'netmap:x', '-i', 'netmap:y', '-w', '0'],
  lb: ['-i', 'x', '-w', '0'],
  nmreplay: ['-f', 'FILE', '-i', 'netmap:x'],
  tlem: ['-i', 'netmap:x', '-i', 'netmap:y'],
  dedup: ['-i', 'netmap:x', '-i', 'netmap:y', '-w', '0'],
};

const bad = (value: string, says: RegExp): BadValue => ({ value, says });
const corrected = (value: string, says: RegExp): BadValue => ({ value, says, corrected: true });
const number = (option: string, ...values: string[]): BadValue[] =>
  ['', 'x', '1x', '-5', '99999999999999999999', ...values].map((value) =>
    bad(value, new RegExp(`invalid value '${value}' for -${option}: need a number`)),
  );
const spec = (...values: string[]): BadValue[] =>
  values.map((value) =>
    bad(value, /arguments .* not recognised|invalid arguments: need '.*' have '.*'|bad argument/),
  );
const long = 'n'.repeat(64);
const tooLong = [bad(long, /File name too long/)];

export const badValues: Readonly<Record<string, Readonly<Record<string, readonly BadValue[]>>>> = {
  'pkt-gen': {
    i: [
      bad('vale0:', /aborting|No such file/),
      bad('netmap:a@conf=4', /aborting/),
      bad('pcap:nosuch', /cannot capture on nosuch: No such device/),
      bad(`tap:${long}`, /failed to set up n+: name too long|\/dev\/net\/tun: /),
    ],
    f: [bad('fly', /unrecognised function fly/), bad('', /unrecognised function/)],
    n: number('n'),
    l: [...number('l').filter(({ value }) => !/^-/.test(value)), bad('15', /bad pktsize 15 \[16\.\.65536\]/)],
    b: number('b'),
    d: ['foo', '10.0.0.1:99999', '10.0.0', '10.0.0.1-x', 'fd00::1', ''].map((value) =>
      bad(value, new RegExp(`invalid IPv4 address or range '${value}'`)),
    ),
    s: ['foo', '10.0.0.1:x', '256.0.0.1'].map((value) =>
      bad(value, new RegExp(`invalid IPv4 address or range '${value}'`)),
    ),
    D: ['1:2:3:4:5', '', '1:2:3:4:5:6:7', 'g:1:2:3:4:5'].map((value) =>
      bad(value, new RegExp(`invalid MAC address '${value}'`)),
    ),
    S: [bad('0x:1:2:3:4:5', /invalid MAC address '0x:1:2:3:4:5'/)],
    a: number('a', '999'),
    c: [
      ...number('c').filter(({ value }) => value !== '-5'),
      bad('-5', /-5 cpus/),
      bad('999', /999 cpus is too high/),
    ],
    p: number('p', '0', '65536'),
    T: number('T', '0'),
    w: number('w'),
    R: number('R'),
    H: ['11', '1', '-1', 'x', ''].map((value) =>
      bad(value, new RegExp(`bad virtio-net header length '${value}'`)),
    ),
    P: [
      bad('/nonexistent', /cannot use \/nonexistent: No such file/),
      bad('EMPTY', /cannot use .*EMPTY: no complete packet in it/),
      bad('TEXT', /cannot use .*TEXT: unknown magic/),
    ],
    F: ['0', '64', 'x', '-1'].map((value) =>
      corrected(value, new RegExp(`invalid frags ${value} \\[1\\.\\.63\\], ignore`)),
    ),
    M: number('M', '0', '65537'),
    o: number('o'),
    // nothing but netmap ports has rings to configure: the text is looked at before
    C: ['x', '1,', '', '1;2', '99999999999'].map((value) =>
      bad(value, /invalid ring configuration '.*', need slots/),
    ),
  },
  bridge: {
    i: [bad('eth0', /invalid request, prefix unknown or missing/)],
    b: ['0', '8193', 'x', '', '-1'].map((v) => corrected(v, new RegExp(`invalid burst ${v}, set to 1024`))),
    w: ['101', 'x', '-1'].map((v) => corrected(v, new RegExp(`invalid wait_link ${v}, set to 4`))),
  },
  'vale-ctl': {
    ...Object.fromEntries(['a', 'h', 'd', 'n', 'r', 'g', 'p', 'P'].map((option) => [option, tooLong])),
    l: [bad('eth0', /invalid vale port name: 'eth0'/), bad(`vale0:${long}`, /File name too long/)],
    C: ['x', '', '1x', '-1', '1,,2'].map((v) => bad(v, new RegExp(`invalid config '${v}'`))),
    m: [
      bad('65536', /invalid memory id '65536'/),
      bad('1x', /invalid memory id '1x'/),
      bad('eth0', /prefix unknown or missing/),
      bad('', /prefix unknown or missing/),
    ],
  },
  lb: {
    i: [bad('n'.repeat(57), /ifname too long/)],
    p: [':3', 'a:0', 'a:x', 'x', '', '0', '-1', 'netmap:x:2', 'a:4097'].map((v) =>
      bad(v, /invalid group name|invalid number of pipes|missing number of pipes/),
    ),
    B: number('B'),
    b: number('b', '0', '65536'),
    w: number('w'),
    o: number('o'),
    s: number('s'),
  },
  nmreplay: {
    f: [
      bad('/nonexistent', /No such file/),
      bad('/dev/null', /unable to read file \/dev\/null/),
      bad('TEXT', /unknown magic/),
      bad('EMPTY', /no packets in the file/),
    ],
    i: [bad('eth0', /cannot open netmap on eth0/)],
    B: spec('foo', 'const', 'ether,x', 'real,0', 'avg,1M', '-1', ''),
    D: spec('foo', 'exp,3m,1m', 'uniform,2,1', 'inter-packet,1,2,3', '-1'),
    L: spec('foo', '2', '0.1x', 'ber', '-1'),
    b: ['0', '9000', 'x'].map((v) => corrected(v, new RegExp(`invalid burst ${v}, set to 1024`))),
    w: ['200', 'x'].map((v) => corrected(v, new RegExp(`invalid wait_link ${v}, set to 4`))),
    C: ['1,2,3', 'x', '1,', '', '-1', '99999'].map((v) => bad(v, /-C needs 1, 2 or 4/)),
  },
  tlem: {
    i: [bad('netmap:z', /-i too many times: netmap:z/)],
    B: spec('foo', 'const', 'real', '-1'),
    D: spec('foo', '-1', 'exp,3m,1m', 'inter-packet,1,2'),
    L: spec('foo', '2', '0.1x'),
    R: spec('0.1', 'foo', '2,1m', '0.1,x'),
    Q: spec('1x', 'x', '-1'),
    G: ['x', '1.2.3', '10.0.0.256', ''].map((v) => bad(v, new RegExp(`bad argument ${v} for -G`))),
    M: spec('x', '1,x', '1,1m,x'),
    P: spec('2', 'x'),
    O: spec('x', '-1'),
    d: spec('x', '-1'),
    s: [bad('/nonexistent/file', /cannot open session file/)],
    b: ['0', '9000', 'x'].map((v) => corrected(v, new RegExp(`invalid burst ${v}, set to 1024`))),
    w: ['101', 'x'].map((v) => corrected(v, new RegExp(`invalid wait_link ${v}, set to 4`))),
    C: [
      ...['1,2,3', 'x', '', '1,'].map((v) => bad(v, /-C needs 1, 2 or 4/)),
      bad('99999', /cpu 99999 is not one of 0\.\.1023/),
    ],
  },
  dedup: {
    i: [bad('netmap:z', /netmap:z ignored, already have 2 interfaces/)],
    W: number('W'),
    F: [...number('F'), bad('0', /fifo_size 0/), bad('20000', /fifo_size 20000/)],
    w: number('w'),
  },
};
