/** A real Slurm of one controller and two nodes on this machine, in a folder of its own. */
import { hostname } from "node:os";

const programs = ["slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "scancel"];

/** Why there can be no Slurm here; `null` where there can. */
export function slurmMissing(): string | null {
  const path = `${Deno.env.get("PATH")}:/usr/sbin`.split(":");
  const isThere = (program: string) => path.some((folder) => statOrNull(`${folder}/${program}`)?.isFile);
  const missing = programs.filter((program) => !isThere(program));
  if (missing.length > 0) return `${missing.join(", ")} not installed (slurmctld slurmd slurm-client)`;
  return Deno.uid() === 0 ? null : "starting Slurm's daemons needs root";
}

function statOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch {
    return null;
  }
}

/** A task of a job. */
export interface JobState {
  /** `PENDING`, `RUNNING`, `COMPLETED`, … */
  readonly state: string;
  /** The node that it is, or was, on. */
  readonly node: string;
  /** Slurm's number for it. */
  readonly id: string;
}

/** A Slurm that runs, with the nodes `n1` and `n2` of one core each. */
export class Slurm {
  readonly #folder: string;
  readonly #daemons = new Map<string, Deno.ChildProcess>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts the daemons in a folder of their own, which must exist. */
  static async start(folder: string): Promise<Slurm> {
    const slurm = new Slurm(folder);
    const [controller, first, second] = freePorts(3);
    for (const name of ["state", "spool-n1", "spool-n2"]) await Deno.mkdir(`${folder}/${name}`);
    await Deno.writeTextFile(
      `${folder}/slurm.conf`,
      [
        "ClusterName=test",
        `SlurmctldHost=${hostname()}(127.0.0.1)`,
        `SlurmctldPort=${controller}`,
        "SlurmUser=root",
        "AuthType=auth/none",
        "CredType=cred/none",
        "ProctrackType=proctrack/linuxproc",
        "TaskPlugin=task/none",
        "ReturnToService=2",
        "SlurmdTimeout=10",
        "MinJobAge=3600",
        "KillWait=5",
        "SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0",
        "SelectType=select/cons_tres",
        "SelectTypeParameters=CR_Core",
        `StateSaveLocation=${folder}/state`,
        `SlurmdSpoolDir=${folder}/spool-%n`,
        `SlurmctldPidFile=${folder}/slurmctld.pid`,
        `SlurmdPidFile=${folder}/slurmd-%n.pid`,
        `SlurmctldLogFile=${folder}/slurmctld.log`,
        `SlurmdLogFile=${folder}/slurmd-%n.log`,
        `NodeName=n1 NodeHostname=localhost Port=${first} CPUs=1`,
        `NodeName=n2 NodeHostname=localhost Port=${second} CPUs=1`,
        "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP",
        "",
      ].join("\n"),
    );
    slurm.#daemon("slurmctld", ["-D"]);
    for (const node of ["n1", "n2"]) slurm.startNode(node);
    await slurm.ready();
    return slurm;
  }

  /** Waits until both nodes have nothing to do. */
  async ready(): Promise<void> {
    const nodes = async () => (await this.run("sinfo", "-hN", "-o", "%N %t")).split("\n");
    await this.until("both nodes to be idle", nodes, (lines) => lines.includes("n1 idle") && lines.includes("n2 idle"));
  }

  /** What its commands need to find it. */
  get env(): Record<string, string> {
    return { SLURM_CONF: `${this.#folder}/slurm.conf`, PATH: `${Deno.env.get("PATH")}:/usr/sbin` };
  }

  /** Starts the daemon of a node. */
  startNode(node: string): void {
    this.#daemon(node, ["-D", "-N", node], "slurmd");
  }

  /** Kills the daemon of a node and everything that it runs, as when the machine goes off. */
  async killNode(node: string): Promise<void> {
    const daemon = this.#daemons.get(node)!;
    this.#daemons.delete(node);
    daemon.kill("SIGKILL");
    await daemon.status;
    for (let left = await this.#processesOf(node); left.length > 0; left = await this.#processesOf(node)) {
      for (const pid of left) {
        try {
          Deno.kill(pid, "SIGKILL");
        } catch { /* it has ended */ }
      }
      await new Promise((resolve) => setTimeout(resolve, 50)); // a busy machine takes its time
    }
  }

  /** Runs one of Slurm's commands and returns what it prints. */
  async run(command: string, ...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command(command, { args, env: this.env }).output();
    if (!success) throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout).trim();
  }

  /** Tasks by name and index in their array, `cam 3` say; those of no array by name. */
  async jobs(): Promise<Map<string, JobState>> {
    const lines = (await this.run("squeue", "-h", "-r", "-t", "all", "-o", "%j %K|%T|%N|%i")).split("\n").filter(
      Boolean,
    );
    return new Map(lines.map((line) => {
      const [name, state, node, id] = line.split("|") as [string, string, string, string];
      return [name.replace(" N/A", ""), { state, node, id }];
    }));
  }

  /** Waits until something is as it should be. */
  async until<T>(what: string, look: () => Promise<T>, isSo: (found: T) => boolean, seconds = 300): Promise<T> {
    const end = performance.now() + seconds * 1000;
    let last: unknown;
    while (performance.now() < end) {
      try {
        const found = await look();
        if (isSo(found)) return found;
        last = found;
      } catch (error) {
        last = error; // the controller has yet to start
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`Expected ${what} within ${seconds} s but found ${Deno.inspect(last)}`);
  }

  /** Ends all jobs and daemons. */
  async stop(): Promise<void> {
    await this.run("scancel", "--full", "--signal=KILL", "--user=root").catch(() => {});
    for (const node of ["n1", "n2"]) if (this.#daemons.has(node)) await this.killNode(node);
    const controller = this.#daemons.get("slurmctld");
    controller?.kill("SIGKILL");
    await controller?.status;
  }

  #daemon(name: string, args: string[], program = name): void {
    const options = { args, env: this.env, stdin: "null", stdout: "null", stderr: "null" } as const;
    this.#daemons.set(name, new Deno.Command(`/usr/sbin/${program}`, options).spawn());
  }

  /** The jobs' processes on a node, those that watch them first, lest they tell the controller how the jobs ended. */
  async #processesOf(node: string): Promise<number[]> {
    const watching = new Set<number>(), jobs: number[] = [];
    for await (const { name } of Deno.readDir("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const environment = Deno.readTextFileSync(`/proc/${name}/environ`).split("\0");
        if (!environment.includes(`SLURM_CONF=${this.#folder}/slurm.conf`)) continue;
        if (!environment.includes(`SLURMD_NODENAME=${node}`)) continue;
        jobs.push(Number(name));
        const parent = Deno.readTextFileSync(`/proc/${name}/stat`).replace(/.*\) /s, "").split(" ")[1]!;
        if (Deno.readTextFileSync(`/proc/${parent}/comm`).startsWith("slurmstepd")) watching.add(Number(parent));
      } catch { /* it has ended */ }
    }
    return [...watching, ...jobs];
  }
}

function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = listeners.map((listener) => (listener.addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  return ports;
}
