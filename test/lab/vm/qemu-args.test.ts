import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootFiles, kernelCommandLine, qemuArgs } from '../../../src/lab/vm/qemu-args.js';
import { parseReturned, parseStats } from '../../../src/lab/vm/returned.js';
import { parseLdd } from '../../../src/lab/vm/shared-libraries.js';
import { vmSpecSchema } from '../../../src/lab/vm/spec.js';

const kernel = { image: '/k/vmlinuz', modulesDir: '/k/modules', release: '6.12' };

test('a WARN panics, a panic ends the machine, and it waits to be asked', () => {
  const spec = vmSpecSchema.parse({ kernel, script: '' });
  assert.match(kernelCommandLine(spec), /panic=-1 oops=panic panic_on_warn=1/);
  const args = qemuArgs(spec, bootFiles('/run'));
  for (const flag of ['-no-reboot', '-no-shutdown', '-nodefaults']) assert.ok(args.includes(flag), flag);
  assert.deepEqual(args.slice(args.indexOf('-accel'), args.indexOf('-accel') + 2), ['-accel', 'tcg']);
  const lenient = vmSpecSchema.parse({ kernel, script: '', panicOnWarn: false });
  assert.doesNotMatch(kernelCommandLine(lenient), /panic_on_warn/);
});

test('two software NICs: own ports, one hub, fixed addresses', () => {
  const nic = { model: 'rtl8168' as const, chip: '8125b' as const };
  const args = qemuArgs(vmSpecSchema.parse({ kernel, script: '', nics: [nic, nic] }), bootFiles('/run'));
  assert.deepEqual(
    args.filter((_, i) => args[i - 1] === '-device' || args[i - 1] === '-netdev'),
    [
      'hubport,id=net0,hubid=0',
      'pcie-root-port,id=port0,chassis=1,slot=1,x-speed=2_5',
      'rtl8168,bus=port0,chip=8125b,aneg-ms=1000,tx-sync=off,pause=off,rx-buf-max=0,id=nic0,netdev=net0,mac=02:6e:6d:00:00:01',
      'hubport,id=net1,hubid=0',
      'pcie-root-port,id=port1,chassis=2,slot=2,x-speed=2_5',
      'rtl8168,bus=port1,chip=8125b,aneg-ms=1000,tx-sync=off,pause=off,rx-buf-max=0,id=nic1,netdev=net1,mac=02:6e:6d:00:00:02',
    ],
  );
});

test('a run that counts instructions has one of them a nanosecond', () => {
  const spec = vmSpecSchema.parse({ kernel, script: '', cpus: 1, countInstructions: true });
  const args = qemuArgs(spec, bootFiles('/run'));
  assert.equal(args[args.indexOf('-icount') + 1], 'shift=0,sleep=off');
  assert.ok(!qemuArgs(vmSpecSchema.parse({ kernel, script: '' }), bootFiles('/run')).includes('-icount'));
});

test('NUMA nodes share processors and memory', () => {
  const spec = vmSpecSchema.parse({ kernel, script: '', memoryMb: 1024, numaNodes: 2, cpus: 4 });
  const args = qemuArgs(spec, bootFiles('/run'));
  assert.deepEqual(
    args.filter((_, i) => ['-smp', '-object', '-numa'].includes(args[i - 1] ?? '')),
    [
      '4,sockets=2,cores=2',
      'memory-backend-ram,id=node0,size=512M',
      'node,nodeid=0,memdev=node0,cpus=0-1',
      'memory-backend-ram,id=node1,size=512M',
      'node,nodeid=1,memdev=node1,cpus=2-3',
    ],
  );
});

test('passthrough devices: one region for all, wires of their own', () => {
  const ptnet = { model: 'ptnet' as const };
  const nics = [
    { ...ptnet, txRings: 2, vnet: false, hostRings: true },
    { ...ptnet, wire: 'w' },
  ];
  const args = qemuArgs(vmSpecSchema.parse({ kernel, script: '', nics }), bootFiles('/run'));
  assert.deepEqual(
    args.filter((_, i) => args[i - 1] === '-device'),
    [
      'ptnet-memdev,id=ptmem,bus=pcie.0',
      'ptnet,bus=pcie.0,memdev=ptmem,tx-rings=2,rx-rings=1,slots=256,vnet=off,host-rings=on,id=nic0,netdev=net0,mac=02:6e:6d:00:00:01',
      'ptnet,bus=pcie.0,memdev=ptmem,tx-rings=1,rx-rings=1,slots=256,vnet=on,host-rings=off,wire=w,id=nic1,netdev=net1,mac=02:6e:6d:00:00:02',
    ],
  );
});

test('a spec with a wrong word is refused', () => {
  assert.throws(() => vmSpecSchema.parse({ kernel, script: '', nics: [{ model: 'rtl8168', chip: '8169' }] }));
  assert.throws(() => vmSpecSchema.parse({ kernel, script: '', files: { relative: { text: '' } } }));
  assert.throws(() => vmSpecSchema.parse({ kernel, script: '', name: 'Not a name' }));
});

test('returned files and counters', () => {
  const files = parseReturned('begin a.json\r\ne30=\r\nend\r\nbegin cut\r\nAAAA\r\n');
  assert.deepEqual([...files.keys()], ['a.json']);
  assert.equal(Buffer.from(files.get('a.json') ?? []).toString(), '{}');
  assert.deepEqual(parseStats('tx=3 rx=18446744 link=-1 name=abc'), { tx: 3, rx: 18446744, link: -1 });
});

test('libraries of a program, its loader included; one that is missing is told', () => {
  const output = [
    '\tlinux-vdso.so.1 (0x00007ffc)',
    '\tlibmnl.so.0 => /lib/x86_64-linux-gnu/libmnl.so.0 (0x00007f1)',
    '\t/lib64/ld-linux-x86-64.so.2 (0x00007f2)',
  ].join('\n');
  assert.deepEqual(parseLdd(output), ['/lib/x86_64-linux-gnu/libmnl.so.0', '/lib64/ld-linux-x86-64.so.2']);
  assert.equal(parseLdd('\tlibgone.so => not found\n'), undefined);
});
