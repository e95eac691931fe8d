/** Replaces every `@NAME@`. @throws Error for a name that has no value, which is a defect of a template. */
export function instantiate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/@([A-Z_]+)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`template names @${name}@, which has no value`);
    return value;
  });
}
