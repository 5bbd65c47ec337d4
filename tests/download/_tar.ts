/** Something to put into a tar archive. */
export interface Member {
  readonly path: string;
  readonly content?: Uint8Array | string;
  /** Its type: a character as in the header. */
  readonly type?: string;
  /** Where a link leads. */
  readonly target?: string;
  /** A size that the header claims. */
  readonly size?: number;
  /** A prefix of its path, as ustar has them. */
  readonly prefix?: string;
}

const encoder = new TextEncoder();

/** A tar archive in the ustar format. */
export function tar(members: readonly Member[], { end = 1024 } = {}): Uint8Array<ArrayBuffer> {
  const blocks = members.flatMap((member) => {
    const content = typeof member.content === "string"
      ? encoder.encode(member.content)
      : member.content ?? new Uint8Array();
    return [header(member, content.length), content, new Uint8Array((512 - content.length % 512) % 512)];
  });
  const bytes = new Uint8Array([...blocks, new Uint8Array(end)].reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  return bytes;
}

function header({ path, type = "0", target = "", size, prefix = "" }: Member, length: number): Uint8Array {
  const block = new Uint8Array(512);
  const write = (text: string, offset: number) => block.set(encoder.encode(text), offset);
  write(path, 0);
  write("0000644\0", 100);
  write(`${(size ?? length).toString(8).padStart(11, "0")}\0`, 124);
  write("        ", 148);
  write(type, 156);
  write(target, 157);
  write("ustar\x0000", 257);
  write(prefix, 345);
  const sum = block.reduce((sum, byte) => sum + byte, 0);
  write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

/** A record of pax, with the length that it says itself. */
export function record(key: string, value: string): string {
  const rest = encoder.encode(` ${key}=${value}\n`).length;
  let length = rest + 1;
  while (String(length).length + rest !== length) length++;
  return `${length} ${key}=${value}\n`;
}
