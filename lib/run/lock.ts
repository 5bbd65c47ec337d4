import { delay } from "@std/async/delay";
import { hostname } from "node:os";
import { join } from "node:path";
import { removeIfExists, statIfExists } from "../files/disk.ts";
import { type Shard, shardFile } from "./shard.ts";

/** Who works on a stage. */
interface Owner {
  readonly host: string;
  readonly pid: number;
  /** When the lock was taken. */
  readonly since: string;
}

const SIGN_OF_LIFE = 30_000; // milliseconds between renewals of the lock's time
const SILENCE = 100_000; // after it, an owner on another machine counts as dead; Slurm starts lost tasks after 120_000

/** Another process is at the stage. */
export class BusyError extends Error {}

/**
 * Takes the lock of a stage and shard: a file that names its owner, and that the operating system locks for as long as
 * the owner's process lives. It is taken over from an owner that is dead. File systems that do not tell other machines
 * of locks, or have none, are common on clusters: an owner on another machine also counts as alive until it has not
 * renewed the file for a hundred seconds.
 *
 * @param folder The stage's folder, which must exist.
 * @param shard The shard that is worked on.
 * @returns A function that gives the lock back.
 * @throws BusyError naming the owner if it is alive.
 */
export async function takeLock(folder: string, shard: Shard): Promise<() => Promise<void>> {
  const path = join(folder, shardFile("lock", shard, ""));
  const file = await openAlone(path);
  const mine: Owner = { host: hostname(), pid: Deno.pid, since: new Date().toISOString() };
  const sign = () => {
    file.seekSync(0, Deno.SeekMode.Start);
    file.writeSync(new TextEncoder().encode(JSON.stringify(mine))); // the file server sets the time, not our clock
  };
  try {
    file.truncateSync();
    sign();
  } catch (error) {
    await removeIfExists(path).catch(() => {});
    file.close();
    throw new Error(`Expected to write ${path} but found: ${(error as Error).message}`, { cause: error });
  }
  const timer = setInterval(() => {
    try {
      sign();
    } catch { /* a full disk, say: the next sign may come through */ }
  }, SIGN_OF_LIFE);
  Deno.unrefTimer(timer);
  return async () => {
    clearInterval(timer);
    if (await isAt(path, file)) await removeIfExists(path);
    file.close();
  };
}

/** Opens the file and locks it. */
async function openAlone(path: string): Promise<Deno.FsFile> {
  while (true) {
    const file = await Deno.open(path, { read: true, write: true, create: true });
    try {
      const isLocked = await file.tryLock(true).catch(() => null); // `null`: this file system has no locks
      const owner = await readOwner(path, { wait: isLocked === false });
      const mayLive = isLocked === null || owner?.host !== hostname();
      if (isLocked === false || (owner && mayLive && await isRecent(path))) {
        const { pid = "another", host = "this machine", since = "now" } = owner ?? {};
        throw new BusyError(
          `Expected to be alone at this stage but process ${pid} on ${host} is at it since ${since} ` +
            `(${path}; remove it if that process is gone)`,
        );
      }
    } catch (error) {
      file.close();
      throw error;
    }
    if (await isAt(path, file)) return file;
    file.close(); // its owner removed it between the opening and the locking
  }
}

/** The owner, or `null` where the file does not name one. */
async function readOwner(path: string, { wait }: { wait: boolean }): Promise<Owner | null> {
  for (let attempt = 0; attempt < (wait ? 5 : 1); attempt++) {
    try {
      return JSON.parse(await Deno.readTextFile(path));
    } catch {
      if (wait) await delay(20); // perhaps it is just being written
    }
  }
  return null;
}

async function isRecent(path: string): Promise<boolean> {
  const renewed = (await statIfExists(path))?.mtime?.getTime() ?? 0;
  return Date.now() - renewed < SILENCE;
}

/** True where a path still leads to an open file. */
async function isAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const [named, open] = [await statIfExists(path), await file.stat()];
  return named !== null && named.ino === open.ino && named.dev === open.dev;
}
