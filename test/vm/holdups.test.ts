/*
 * No program holds up another, and no thread waits for itself, on Debian's 6.12. A kernel that does stands still, so
 * the limits are short.
 */
import { test } from 'node:test';
import { runCoreVm } from './core-vm.js';

const timeoutMs = 180_000;

test('direct loops on both ends of a pipe: a wake-up inside of a wake-up is none', async () => {
  await runCoreVm({
    series: '6.12',
    script: 'nesting.sh',
    variables: { SECONDS_EACH: process.env.NETMAP_NIGHTLY === '1' ? 60 : 15 },
    guestPrograms: ['nesting'],
    spec: { timeoutMs },
  });
});

test('a page fault that nobody answers holds up its own program alone', async () => {
  await runCoreVm({
    series: '6.12',
    script: 'pagefaults.sh',
    guestPrograms: ['pagefaults', 'indirect'],
    spec: { timeoutMs },
  });
});

test('interfaces go and change under their ports', async () => {
  await runCoreVm({
    series: '6.12',
    script: 'removal.sh',
    variables: { SECONDS_EACH: 15 },
    guestPrograms: ['removal', 'valectl'],
    spec: { availableModules: ['macvlan'], timeoutMs },
  });
});
