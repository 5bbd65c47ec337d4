import { describeFlags } from "../config/flags.ts";
import { COMMANDS } from "./commands.ts";

/** Help on all commands. */
export function overview(): string {
  const lines = Object.entries(COMMANDS).map(([name, { help }]) => `  ${name.padEnd(17)} ${help}`);
  return [
    "IRNet: instance and semantic masks from image-level class names.",
    `\nCommands\n${lines.join("\n")}`,
    `\nFlags of run\n${describeFlags(COMMANDS["run"]!.flags)}`,
    "\n<command> --help shows the flags of another command; config --help all settings; stage --help all stages.",
  ].join("\n");
}

/** Help on a command, but for its details. */
export function helpOn(name: string): string {
  const { usage, help, flags } = COMMANDS[name]!;
  return `${name} ${usage}\n\n${help}\n\nFlags\n${describeFlags(flags)}`;
}
