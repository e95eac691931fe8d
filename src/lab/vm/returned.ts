/** Files that a guest sent back with `send_file`: name -> content. A file that breaks off is not there. */
export function parseReturned(text: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let name: string | undefined;
  let body: string[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.replace(/\r$/, '');
    const begin = /^begin (.+)$/.exec(line);
    if (begin) {
      name = begin[1];
      body = [];
    } else if (line === 'end' && name !== undefined) {
      files.set(name, Buffer.from(body.join(''), 'base64'));
      name = undefined;
    } else {
      body.push(line);
    }
  }
  return files;
}

/** `tx=3 rx=4 irq=2` of the NIC model -> numbers; words that are not numbers are left out. */
export function parseStats(text: string): Record<string, number> {
  const pairs = [...text.matchAll(/(\w+)=(-?\d+)(?=\s|$)/g)];
  return Object.fromEntries(pairs.map((match) => [match[1] ?? '', Number(match[2])]));
}
