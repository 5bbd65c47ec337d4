import type { Config } from "../config/schema.ts";
import type { Arguments, Flags } from "../config/flags.ts";

/** A command: everything that the command line, its help and its sandbox know of it. */
export interface Command {
  /** Summary of what follows its name. */
  readonly usage: string;
  /** Purpose, in a sentence or two. */
  readonly help: string;
  /** Its flags. */
  readonly flags: Flags;
  /** Meaning of the one argument that it takes; absent: it takes none. */
  readonly argument?: string;
  /** That argument is a path. */
  readonly isPath?: true;
  /** More to read in its help, which takes time to load. `module` is the address of the list of stages. */
  details?(module: string): Promise<string>;
  /** The preset that it starts from unless the configuration's file names one. */
  preset?(given: Arguments): string | undefined;
  /** The configuration that it starts from where no preset or file gives it, before single settings. */
  start?(given: Arguments): Promise<Config>;
  /** Permissions beside that of reading the program; absent: it does no more than print. */
  permissions?(invocation: Invocation): Permissions;
  /** Does its work, and returns text to print. Loads what is heavy when it is called, for help comes without. */
  run(invocation: Invocation): Promise<string | void>;
}

/** A command line with all that follows from it. */
export interface Invocation {
  /** Its arguments. */
  readonly given: Arguments;
  /** The configuration that they make. */
  readonly config: Config;
  /** The working directory. */
  readonly workdir: string;
  /** Address of the module with the stages. */
  readonly module: string;
  /** Names of the stages that judge results. */
  readonly evaluationStages: readonly string[];
}

/** Permissions of a command. Paths that its flags name are permitted by the flags. */
export interface Permissions {
  /** The configuration it runs: it may read what this names, and load TensorFlow where this uses it. */
  readonly config?: Config;
  /** Files and folders to read. */
  readonly read?: readonly string[];
  /** Files and folders to write, and to read. */
  readonly write?: readonly string[];
  /** Programs to start. */
  readonly run?: readonly string[];
  /** Addresses to serve or to connect to. */
  readonly net?: readonly string[];
  /** All variables of the environment, not only those of the packages. */
  readonly env?: "all";
}
