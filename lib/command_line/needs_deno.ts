/**
 * Imported before everything else by what users start: says which Deno is needed where an older one is used, before
 * modules run that it does not understand.
 * @module
 */
const NEEDED = [2, 8] as const;

const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  throw new Error(
    `Expected Deno ${NEEDED.join(".")} or later but found ${Deno.version.deno}; npx -y deno runs the latest`,
  );
}
