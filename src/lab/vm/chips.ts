/** Chips that the software NIC can be: lab/nic-models/rtl8168/rtl_chip.c. */
export const chips = ['8168evl', '8168f', '8168g', '8168h', '8125a', '8125b'] as const;

export type Chip = (typeof chips)[number];
