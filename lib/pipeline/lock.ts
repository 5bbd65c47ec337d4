import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { kill } from "node:process";
import { removeIfExists, statIfExists } from "./_files.ts";
import { type Shard, shardFile } from "./shard.ts";

/** Who works on a stage. */
interface Owner {
  readonly host: string;
  readonly pid: number;
  /** Start of the process, which tells it from a later one with the same number; `null` where it cannot be known. */
  readonly start: string | null;
  /** When the lock was taken. */
  readonly since: string;
  /** Tells apart all locks that were ever taken. */
  readonly token: string;
}

const SIGN_OF_LIFE = 30_000; // milliseconds between renewals of the lock's time
const SILENCE = 10 * 60_000; // after it, an owner on another machine counts as dead

/**
 * Takes the lock of a stage and shard, also from an owner that is dead: a process of this machine that no longer runs,
 * or one of another machine that has not renewed the lock for ten minutes.
 *
 * @param folder The stage's folder, which must exist.
 * @param shard The shard that is worked on.
 * @returns A function that gives the lock back.
 * @throws Error naming the owner if it is alive.
 */
export async function takeLock(folder: string, shard: Shard): Promise<() => Promise<void>> {
  const path = join(folder, shardFile("lock", shard, ""));
  const mine: Owner = {
    host: hostname(),
    pid: Deno.pid,
    start: processStart(Deno.pid),
    since: new Date().toISOString(),
    token: crypto.randomUUID(),
  };
  while (!await create(path, mine)) {
    const owner = await readOwner(path);
    if (owner && await isAlive(owner, path)) {
      throw new Error(
        `Expected to be alone at this stage but process ${owner.pid} on ${owner.host} is at it since ${owner.since} ` +
          `(${path}; remove it if that process is gone)`,
      );
    }
    await removeLockOfDead(path, owner);
  }

  const timer = setInterval(() => void Deno.utime(path, new Date(), new Date()).catch(() => {}), SIGN_OF_LIFE);
  Deno.unrefTimer(timer);
  return async () => {
    clearInterval(timer);
    if ((await readOwner(path))?.token === mine.token) await removeIfExists(path);
  };
}

async function create(path: string, owner: Owner | null): Promise<boolean> {
  try {
    await Deno.writeTextFile(path, JSON.stringify(owner), { createNew: true });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** The owner, or `null` where there is no lock or a damaged one. */
async function readOwner(path: string): Promise<Owner | null> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      return JSON.parse(await Deno.readTextFile(path));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      await new Promise((resolve) => setTimeout(resolve, 20)); // perhaps it is just being written
    }
  }
  return null;
}

/**
 * Removes the lock of a dead owner. Two processes may find the same one: a second lock lets only one of them remove
 * anything, and it looks again first, lest it removes what the other has put in its place.
 */
async function removeLockOfDead(path: string, dead: Owner | null): Promise<void> {
  const guard = join(dirname(path), `.${basename(path)}.takeover`);
  if (!await create(guard, dead)) {
    const since = (await statIfExists(guard))?.mtime?.getTime() ?? Date.now();
    if (Date.now() - since > SIGN_OF_LIFE) await removeIfExists(guard); // its process was killed, too
    await new Promise((resolve) => setTimeout(resolve, 20));
    return;
  }
  try {
    if ((await readOwner(path))?.token === dead?.token) await removeIfExists(path);
  } finally {
    await removeIfExists(guard);
  }
}

async function isAlive({ host, pid, start }: Owner, path: string): Promise<boolean> {
  if (host !== hostname()) {
    const renewed = (await statIfExists(path))?.mtime?.getTime() ?? 0;
    return Date.now() - renewed < SILENCE;
  }
  return isRunning(pid) && (start === null || start === processStart(pid));
}

function isRunning(pid: number): boolean {
  try {
    kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM"; // it runs under another user
  }
}

/** Ticks from the start of the machine to that of the process, on Linux; `null` where it cannot be known, or it ended. */
function processStart(pid: number): string | null {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : fields[19] ?? null; // Z: ended, and its parent has not asked
  } catch {
    return null;
  }
}
