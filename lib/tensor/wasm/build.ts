/**
 * Compiles every AssemblyScript source `*.as.ts` below `lib` to the `.wasm` file beside it (`deno task build:simd`).
 * With `--check`, compares instead and fails where a committed file differs from its source. Further arguments are parts
 * of the paths to take.
 * @module
 */

// Loaded by name, so that only this program downloads the compiler.
const COMPILER: string = "npm:assemblyscript@0.28.20/asc";

/** The part of the compiler's interface that is used here. */
interface Compiler {
  main(
    options: readonly string[],
    files: { readFile(name: string): string | null; writeFile(name: string, contents: Uint8Array | string): void },
  ): Promise<{ error: Error | null; stderr: { toString(): string } }>;
}

const { default: compiler }: { default: Compiler } = await import(COMPILER);

const lib = new URL("../../", import.meta.url);

async function sources(folder: URL): Promise<URL[]> {
  const found: URL[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) found.push(...await sources(new URL(`${entry.name}/`, folder)));
    else if (entry.name.endsWith(".as.ts")) found.push(new URL(entry.name, folder));
  }
  return found;
}

/** Options that a source asks for in its first line: `// asc: --importMemory`. */
function ownOptions(text: string): string[] {
  return /^\/\/ asc: (.*)/.exec(text)?.[1]?.split(" ") ?? [];
}

async function compile(source: URL): Promise<Uint8Array> {
  const text = await Deno.readTextFile(source);
  let binary: Uint8Array | undefined;
  const { error, stderr } = await compiler.main(
    ["module.as.ts", "--outFile", "module.wasm", "-O3", "--noAssert", "--runtime", "stub"]
      .concat(["--enable", "simd", "--enable", "relaxed-simd"], ownOptions(text)),
    {
      readFile: (name) => name === "module.as.ts" ? text : null,
      writeFile: (_name, contents) => {
        if (typeof contents !== "string") binary = contents;
      },
    },
  );
  if (error || !binary) throw new Error(`Expected ${source.pathname} to compile but found\n${stderr}`);
  return binary;
}

if (import.meta.main) {
  const check = Deno.args.includes("--check");
  const wanted = Deno.args.filter((argument) => argument !== "--check");
  for (const source of await sources(lib)) {
    if (wanted.length > 0 && !wanted.some((part) => source.pathname.includes(part))) continue;
    const target = new URL(source.href.replace(/\.as\.ts$/, ".wasm"));
    const binary = await compile(source);
    if (!check) {
      await Deno.writeFile(target, binary);
      console.log(`${target.pathname.slice(lib.pathname.length)}: ${binary.length} bytes`);
    } else if ((await Deno.readFile(target)).join() !== binary.join()) {
      console.error(`Expected ${target.pathname} to be the compiled ${source.pathname}; run deno task build:simd`);
      Deno.exit(1);
    }
  }
}
