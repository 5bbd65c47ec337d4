/** A server on this machine that answers each request as a test says, byte by byte. */

/** A request. */
export interface Asked {
  /** Its path. */
  readonly path: string;
  /** Its headers, by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** The first byte asked for; 0 where no range was asked for. */
  readonly start: number;
}

/** Sends bytes; text is sent as it is. */
export type Send = (data: string | Uint8Array) => Promise<void>;

/** Answers one request; the connection is closed afterwards. */
export type Answer = (asked: Asked, send: Send, signal: AbortSignal) => Promise<void> | void;

/** Runs `use` with the address of a server, and returns what was asked. */
export async function withServer(answer: Answer, use: (address: string) => Promise<void>): Promise<Asked[]> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const asked: Asked[] = [];
  const stop = new AbortController();
  const connections: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const connection of listener) connections.push(serve(connection, { answer, asked, stop }));
  })();
  try {
    await use(`http://127.0.0.1:${listener.addr.port}`);
  } finally {
    stop.abort();
    listener.close();
    await accepting;
    await Promise.all(connections);
  }
  return asked;
}

async function serve(
  connection: Deno.TcpConn,
  { answer, asked, stop }: { answer: Answer; asked: Asked[]; stop: AbortController },
): Promise<void> {
  try {
    const request = await readRequest(connection);
    if (request) {
      asked.push(request);
      await answer(request, async (data) => {
        const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
        for (let done = 0; done < bytes.length;) done += await connection.write(bytes.subarray(done));
      }, stop.signal);
    }
  } catch {
    /* the client has gone */
  } finally {
    connection.close();
  }
}

async function readRequest(connection: Deno.TcpConn): Promise<Asked | null> {
  let head = "";
  const buffer = new Uint8Array(4096);
  while (!head.includes("\r\n\r\n")) {
    const read = await connection.read(buffer);
    if (read === null) return null;
    head += new TextDecoder().decode(buffer.subarray(0, read));
  }
  const [first, ...lines] = head.trimEnd().split("\r\n");
  const headers = new Map(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  const start = Number(/^bytes=(\d+)-$/.exec(headers.get("range") ?? "")?.[1] ?? 0);
  return { path: first!.split(" ")[1]!, headers, start };
}

/** Status line and headers. */
export function head(status: string, headers: Record<string, string | number> = {}): string {
  const lines = Object.entries({ connection: "close", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join("")}\r\n`;
}

/** Answers as a good server does, with ranges; `upTo` ends it early. */
export function goodAnswer(bytes: Uint8Array, { upTo = bytes.length, etag = '"1"' } = {}): Answer {
  return async ({ start, headers }, send) => {
    const mark = headers.get("if-range");
    if (start > 0 && (mark === undefined || mark === etag)) {
      const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
      await send(head("206 Partial Content", {
        "content-length": bytes.length - start,
        "content-range": range,
        etag,
      }));
      await send(bytes.subarray(start, upTo));
    } else {
      await send(head("200 OK", { "content-length": bytes.length, etag }));
      await send(bytes.subarray(0, upTo));
    }
  };
}
