/** A value that is there because of what was checked before. @throws Error when it is not: a defect of the program */
export function defined<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a value that must be there is missing');
  return value;
}
