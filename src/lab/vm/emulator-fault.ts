import { parseKtap } from './ktap.js';

/*
 * The kernel changes its code while it runs (static keys, probes): the first byte of an instruction is an int3 meanwhile,
 * and every processor is told before and after (arch/x86/kernel/alternative.c, text_poke_bp_batch()). Under TCG another
 * processor can translate the old byte just before it goes, and executes an int3 that is no more: an Oops wherever that
 * was, as a rule in early boot, where most code is changed.
 */
const STALE_INT3 = /(?:Oops: |\] )int3: 0000 \[#1\]/;

/**
 * Whether a guest that was not stopped for its time died of the emulator, not of what it was to do.
 *
 * @param verdict what it wrote as its verdict
 * @param console its console
 */
export function isEmulatorFault(verdict: string, console: string): boolean {
  if (!verdict.includes('# init')) return true;
  return !parseKtap(verdict).complete && STALE_INT3.test(console);
}
