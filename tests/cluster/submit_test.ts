import { assert, assertEquals } from "../assert.ts";
import { main } from "../../lib/command_line/main.ts";
import { toys, withWorkspace } from "../run/workspace.ts";

/** Runs a command with the toy pipeline and returns what it prints. */
async function command(...args: string[]): Promise<string> {
  const lines: string[] = [], log = console.log;
  console.log = (line) => void lines.push(String(line));
  try {
    assertEquals(await main(args, { module: toys }), 0, lines.join("\n"));
  } finally {
    console.log = log;
  }
  return lines.join("\n");
}

Deno.test("submit-slurm --write-only writes a script for each job and one that bash can read", async () => {
  await withWorkspace(4, async ({ data, out }) => {
    const flags = ["--shards", "3", "--cpus", "2", "--memory", "4G", "--partition", "gpu", "--time", "1:00:00"];
    const said = await command(
      ...["submit-slurm", "--write-only", "--preset", "sample", "--voc-root", data("."), "--workdir", out("it's")],
      ...[...flags, "--line=--gres=gpu:1", "--limit", "2"],
    );
    const folder = out("it's/slurm");
    assertEquals(said, `Wrote 5 jobs; this starts them: bash ${folder}/submit.sh`);
    const script = await Deno.readTextFile(`${folder}/pairs.sh`);
    for (const line of ["--job-name=irnet-pairs", "--array=0-2", "--cpus-per-task=2", "--mem=4G", "--gres=gpu:1"]) {
      assert(script.includes(`#SBATCH ${line}\n`), script);
    }
    assert(script.endsWith("--limit 2 --stages pairs --shard auto/3\n"), script);
    assert(!(await Deno.readTextFile(`${folder}/train.sh`)).includes("--shard"));
    const { compute, data: { root } } = JSON.parse(await Deno.readTextFile(`${folder}/config.json`));
    assertEquals([compute.threads, compute.workers, root.startsWith("/")], [2, 2, true]);
    for (const name of ["pairs.sh", "train.sh", "submit.sh"]) {
      const { success } = await new Deno.Command("bash", { args: ["-n", `${folder}/${name}`] }).output();
      assert(success, name);
    }
    const submit = await Deno.readTextFile(`${folder}/submit.sh`);
    assertEquals(submit.match(/\w+\.sh(?=\))/g), ["words.sh", "train.sh", "pairs.sh", "synthesis.sh", "evaluation.sh"]);
    assertEquals(submit.match(/--dependency=afterok/g)?.length, 4);
  });
});

Deno.test("submit-kubernetes writes an indexed Job for a stage over images, and one that applies them", async () => {
  await withWorkspace(4, async ({ data, out }) => {
    const flags = ["--shards", "3", "--cpus", "2", "--memory", "4G", "--claim", "disk", "--mount", "/shared"];
    await command("submit-kubernetes", "--preset", "sample", "--voc-root", data("."), "--workdir", out("."), ...flags);
    const job = await Deno.readTextFile(out("kubernetes/pairs.yaml"));
    for (const line of ["completionMode: Indexed", "completions: 3", "parallelism: 3", 'claimName: "disk"']) {
      assert(job.includes(line), job);
    }
    assert(job.includes('"--stages","pairs","--shard","auto/3"]'), job);
    assert(job.includes('limits":{"cpu":2,"memory":"4Gi"}'), job);
    assert(!(await Deno.readTextFile(out("kubernetes/train.yaml"))).includes("Indexed"));
    const { success } = await new Deno.Command("bash", { args: ["-n", out("kubernetes/apply.sh")] }).output();
    assert(success);
  });
});
