/**
 * Checks that every public symbol is documented and typed (`deno doc --lint`), in all modules of deno.json's `exports`,
 * and that `deno publish` would take the package. Slow types are allowed for the settings' sake.
 * What the lint finds in packages below node_modules does not count, nor in the schema of the settings: types are
 * inferred from it, so that a setting is stated once, and it documents itself (`config --help`). `deno run --allow-read --allow-run tests/check_docs.ts`
 * @module
 */
const root = new URL("../", import.meta.url);
const { exports }: { exports: Record<string, string> } = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", root)),
);

const { success, stderr } = await new Deno.Command(Deno.execPath(), {
  args: ["doc", "--lint", ...Object.values(exports)],
  cwd: root,
  env: { NO_COLOR: "1" },
  stdout: "null",
  stderr: "piped",
}).output();

// A finding starts with `error[code]: …`; its second line has the place.
const output = new TextDecoder().decode(stderr);
const findings = output.split(/^(?=error)/m).filter((text) => text.startsWith("error["));
if (!success && findings.length === 0) throw new Error(`Expected deno doc to run but found\n${output}`);
const ours = findings.filter((text) => !/^ *--> .*\/(node_modules\/|lib\/config\/schema\.ts)/m.test(text));
for (const finding of ours) console.error(finding.trimEnd() + "\n");
if (ours.length > 0) {
  console.error(`Expected documented public symbols but found ${ours.length} problems`);
  Deno.exit(1);
}

const published = await new Deno.Command(Deno.execPath(), {
  args: ["publish", "--dry-run", "--allow-dirty", "--allow-slow-types"],
  cwd: root,
  stdout: "piped",
  stderr: "piped",
}).output();
if (!published.success) {
  console.error(new TextDecoder().decode(published.stderr));
  Deno.exit(1);
}
