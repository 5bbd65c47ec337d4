/** A headless Chromium for tests that look at a page as it really is, driven through its debugging protocol. */

/** Path of Chromium, or `null` where there is none. */
export const chromium: string | null = findChromium();

/** A page in a browser that starts empty: own profile, no background traffic. */
export class Page {
  /** Messages that the page wrote to its console as errors, and exceptions. */
  readonly errors: string[] = [];
  /** Addresses that the page asked for. */
  readonly requests: string[] = [];
  readonly #socket: WebSocket;
  readonly #close: () => Promise<void>;
  readonly #pending = new Map<number, (message: Reply) => void>();
  #sent = 0;

  private constructor(socket: WebSocket, close: () => Promise<void>) {
    this.#socket = socket;
    this.#close = close;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
  }

  /** Opens a file in a window of this size, with a light or dark scheme. */
  static async open(
    file: string,
    { width = 1280, height = 900, dark = false }: { width?: number; height?: number; dark?: boolean } = {},
  ): Promise<Page> {
    const profile = await Deno.makeTempDir();
    const process = new Deno.Command(chromium!, {
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        `--user-data-dir=${profile}`,
        "--remote-debugging-port=0",
        "about:blank",
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const close = async () => {
      const late = setTimeout(() => process.kill("SIGKILL"), 5000);
      await process.status;
      clearTimeout(late);
      await Deno.remove(profile, { recursive: true }).catch(() => {}); // its children may still be writing
    };
    try {
      const port = await portOf(profile);
      const targets = await (await fetch(`http://127.0.0.1:${port}/json`)).json();
      const target = targets.find(({ type }: { type: string }) => type === "page");
      const socket = new WebSocket(target.webSocketDebuggerUrl);
      await new Promise((resolve, reject) => [socket.onopen, socket.onerror] = [resolve, reject]);
      const page = new Page(socket, close);
      for (const domain of ["Runtime", "Log", "Network", "Page"]) await page.send(`${domain}.enable`);
      const media = { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }] };
      await page.send("Emulation.setEmulatedMedia", media);
      await page.resize(width, height);
      await page.send("Page.navigate", { url: `file://${file}` });
      await page.until("document.readyState === 'complete' && location.protocol === 'file:'");
      return page;
    } catch (error) {
      process.kill();
      await close();
      throw error;
    }
  }

  /** Value of an expression in the page. */
  // deno-lint-ignore no-explicit-any
  async evaluate(expression: string): Promise<any> {
    const reply = await this.send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (reply["exceptionDetails"]) throw new Error(`${expression}: ${JSON.stringify(reply["exceptionDetails"])}`);
    return (reply["result"] as { value: unknown }).value;
  }

  /** Waits until an expression holds. @throws Error if it does not within 20 seconds. */
  async until(expression: string): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (await this.evaluate(`Boolean(${expression})`)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`Expected the page to fulfil ${expression} but it did not`);
  }

  /** Gives the window another size. */
  async resize(width: number, height = 900): Promise<void> {
    const size = { width, height, deviceScaleFactor: 1, mobile: width < 600 };
    await this.send("Emulation.setDeviceMetricsOverride", size);
  }

  /** Presses a key. */
  async press(key: "Escape" | "ArrowDown" | "ArrowRight"): Promise<void> {
    const windowsVirtualKeyCode = { Escape: 27, ArrowDown: 40, ArrowRight: 39 }[key];
    for (const type of ["keyDown", "keyUp"]) {
      await this.send("Input.dispatchKeyEvent", { type, key, code: key, windowsVirtualKeyCode });
    }
  }

  /** What the window shows, or the whole page, as PNG. */
  async screenshot({ whole = false }: { whole?: boolean } = {}): Promise<Uint8Array> {
    const { data } = await this.send("Page.captureScreenshot", { captureBeyondViewport: whole });
    return Uint8Array.from(atob(data as string), (character) => character.charCodeAt(0));
  }

  /** Ends the browser. */
  async close(): Promise<void> {
    await this.send("Browser.close");
    await this.#close();
    this.#socket.close();
  }

  /** A command of the debugging protocol. */
  async send(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = ++this.#sent;
    const reply = new Promise<Reply>((resolve) => this.#pending.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await reply;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  #receive({ id, method, params, ...reply }: Reply & { id?: number; method?: string; params?: Event }): void {
    if (id !== undefined) this.#pending.get(id)?.(reply);
    if (method === "Runtime.exceptionThrown") this.errors.push(JSON.stringify(params));
    if (method === "Runtime.consoleAPICalled" && params?.type === "error") this.errors.push(JSON.stringify(params));
    if (method === "Log.entryAdded" && params?.entry?.level === "error") this.errors.push(params.entry.text);
    if (method === "Network.requestWillBeSent" && params?.request) this.requests.push(params.request.url);
  }
}

interface Reply {
  result?: Record<string, unknown>;
  error?: { message: string };
}

interface Event {
  type?: string;
  entry?: { level: string; text: string };
  request?: { url: string };
}

/** The debugging port that a browser wrote into its profile. */
async function portOf(profile: string): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const text = await Deno.readTextFile(`${profile}/DevToolsActivePort`).catch(() => "");
    const port = Number(text.split("\n")[0]);
    if (port > 0) return port;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("Expected Chromium to start but it did not");
}

function findChromium(): string | null {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  for (const path of names.flatMap((name) => folders.map((folder) => `${folder}/${name}`))) {
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch {
      // not there
    }
  }
  return null;
}
