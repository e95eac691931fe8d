/** What the rules of a driver gave where no stored patch fits. */
export type RulesOutcome =
  | { readonly state: 'placed'; readonly patch: string; readonly hooks: number }
  /** `why`: one line for the report. */
  | { readonly state: 'refused'; readonly why: string };

/** Folder of a build folder for patches that were made there. */
export const RULES_FOLDER = 'made-patches';

/** Place of the patch that rules made for a driver, relative to the build folder. */
export function rulesPatchFile(driver: string, hex: string): string {
  return `${RULES_FOLDER}/rules--${driver}--${hex}`;
}
