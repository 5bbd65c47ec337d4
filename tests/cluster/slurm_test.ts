/** The pipeline on a real Slurm with two nodes, where its packages are installed. */
import { assert, assertEquals } from "../assert.ts";
import { differences } from "../end_to_end/comparison.ts";
import { Workspace } from "../end_to_end/workspace.ts";
import { lacks } from "../needs.ts";
import { type JobState, Slurm, slurmMissing } from "./_slurm.ts";

const missing = slurmMissing();
const ignore = lacks("slurm", missing === null, missing ?? undefined);
const onSlurm = (name: string, fn: () => Promise<void>) => Deno.test({ name, ignore, fn });

const project = new URL("../..", import.meta.url).pathname;
const scale = { counts: { train: 8, val: 4, empty: 0 }, epochs: { backbone: 4, cam: 2, irnet: 4 } };
const shards = 3, tasks = 4 + 6 * shards; // four stages as a whole, six over images

let workspace: Workspace;
let slurm: Slurm;

if (!missing) {
  Deno.test.beforeAll(async () => {
    workspace = await Workspace.make(scale);
    const { code, stderr } = await workspace.command("run", { workdir: "single" });
    assertEquals(code, 0, stderr);
    await Deno.mkdir(workspace.path("slurm"));
    slurm = await Slurm.start(workspace.path("slurm"));
  });
  Deno.test.afterAll(async () => {
    await slurm?.stop();
    await workspace?.remove();
  });
}

/** Submits all jobs, as a user does. */
async function submit(workdir: string, name: string): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["task", "--quiet", "--cwd", project, "submit:slurm", "--config", workspace.path("config.json")],
      ...["--workdir", workspace.path(workdir), "--shards", String(shards), "--cpus", "1", "--name", name],
    ],
    env: slurm.env,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  assertEquals(new TextDecoder().decode(stdout).trim().split("\n").length, 10, new TextDecoder().decode(stdout));
}

async function jobsOf(name: string): Promise<[string, JobState][]> {
  return [...await slurm.jobs()].filter(([job]) => job.startsWith(`${name}-`));
}

/** Waits for the end of all jobs. */
async function complete(name: string): Promise<void> {
  const ended = (state: string) => !["PENDING", "RUNNING", "COMPLETING"].includes(state);
  const jobs = await slurm.until(
    "all jobs to end",
    () => jobsOf(name),
    (jobs) => jobs.length >= tasks && jobs.every(([, { state }]) => ended(state)),
    400,
  );
  const failed = jobs.filter(([, { state }]) => state === "FAILED").map(([job]) => job);
  assertEquals(failed, [], (await Promise.all(failed.map((job) => logOf(name, job)))).join("\n"));
}

/** What a task has said. */
async function logOf(name: string, job: string): Promise<string> {
  const file = job.slice(name.length + 1).replace(" ", "-");
  return await Deno.readTextFile(workspace.path(`${name}/slurm/${file}.log`)).catch(() => "");
}

/** Files that differ from those of one process, without scripts and logs of Slurm. */
async function differencesOf(workdir: string): Promise<string[]> {
  const paths = await differences(workspace.path(workdir), workspace.path("single"));
  return paths.filter((path) => !path.startsWith("slurm/"));
}

onSlurm("submit:slurm leaves the same bytes as one process; a shard that is run again changes nothing", async () => {
  await submit("shared", "shared");
  await complete("shared");
  const nodes = new Set((await jobsOf("shared")).map(([, { node }]) => node));
  assertEquals([...nodes].sort(), ["n1", "n2"]);
  assertEquals(await differencesOf("shared"), []);

  const folder = workspace.path("shared/slurm");
  await Deno.remove(workspace.path("shared/relation/train_0002.png"));
  const again = await slurm.run("sbatch", "--parsable", "--job-name=again", "--array=1", `${folder}/relation.sh`);
  const wait = `--dependency=afterok:${again}`;
  await slurm.run("sbatch", wait, "--job-name=again-gather", `${folder}/irnet_train.sh`);
  const state = async () => (await slurm.jobs()).get("again-gather")?.state;
  await slurm.until("the shard to be there again", state, (state) => state === "COMPLETED");
  assertEquals(await differencesOf("shared"), []);
});

for (const stage of ["cam", "measure"]) {
  onSlurm(`submit:slurm leaves the same bytes when a node goes off in the middle of ${stage}`, async () => {
    const name = `off-${stage}`;
    await submit(name, name);
    const shard = await begun(`${name}/${stage}`);
    const lost = `${name}-${stage} ${shard}`, { node } = (await slurm.jobs()).get(lost)!;
    await slurm.killNode(node);
    await slurm.run("scontrol", "update", `nodename=${node}`, "state=down", "reason=off"); // it would find out later
    const job = async () => (await slurm.jobs()).get(lost)!;
    const { id } = await slurm.until(`${lost} to be queued again`, job, ({ state }) => state === "PENDING");
    await slurm.run("scontrol", "update", `jobid=${id}`, "starttime=now"); // not in two minutes
    await complete(name); // on the other node
    slurm.startNode(node);
    await slurm.ready();
    assertEquals(await differencesOf(name), []);
  });
}

/** Waits for the first shard that has made an image of a stage, and returns its index. */
async function begun(folder: string): Promise<number> {
  const end = performance.now() + 400_000;
  while (performance.now() < end) {
    for (let shard = 0; shard < shards; shard++) {
      const path = workspace.path(`${folder}/manifest-${shard}of${shards}.jsonl`);
      if ((await Deno.readTextFile(path).catch(() => "")).includes("\n")) return shard;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`Expected a shard to begin in ${folder}`);
}
