import { assertEquals } from "../assert.ts";
import { formatRate, formatTime, Progress } from "../../lib/files/terminal.ts";

Deno.test("Progress shows a line every ten seconds where there is no terminal", () => {
  let time = 0, shown = "";
  const progress = new Progress("cam", { terminal: false, write: (text) => shown += text, now: () => time });
  for (let done = 40; done <= 100; done++, time += 500) progress.update(done, 100, "loss 0.5");
  progress.end();
  assertEquals(
    shown,
    [
      "cam 60/100  2.0/s, 20s left  loss 0.5\n",
      "cam 80/100  2.0/s, 10s left  loss 0.5\n",
      "cam 100/100  2.0/s, 0.0s left  loss 0.5\n",
    ].join(""),
  );
});

Deno.test("Progress of a second part counts its own rate, also of as many", () => {
  let time = 0, shown = "";
  const progress = new Progress("irnet_train", { terminal: false, write: (text) => shown += text, now: () => time });
  const part = (total: number, { every, note }: { every: number; note: string }) => {
    for (let done = 0; done <= total; done++, time += every) progress.update(done, total, note);
  };
  part(20, { every: 3_600_000, note: "loss 0.5" });
  shown = "";
  part(432, { every: 100, note: "mean displacement" });
  part(432, { every: 50, note: "again" });
  assertEquals(
    shown,
    [
      ...["100/432  10/s, 33s", "200/432  10/s, 23s", "300/432  10/s, 13s", "400/432  10/s, 3.2s"]
        .map((text) => `irnet_train ${text} left  mean displacement\n`),
      "irnet_train 200/432  20/s, 12s left  again\n",
      "irnet_train 400/432  20/s, 1.6s left  again\n",
    ].join(""),
  );
});

Deno.test("Progress redraws a bar on a terminal at most ten times a second, and takes it away", () => {
  let time = 0;
  const shown: string[] = [];
  const progress = new Progress("cam", { terminal: true, write: (text) => shown.push(text), now: () => time });
  for (let done = 0; done <= 10; done++, time += 40) progress.update(done, 10);
  progress.end();
  assertEquals(shown.length, 6); // at 0, 120, 240, 360 and 400 milliseconds, and the end
  assertEquals(shown[1], `\r\x1b[Kcam ${"█".repeat(7)}${"░".repeat(17)} 3/10  25/s, 0.3s left`);
  assertEquals(shown.at(-1), "\r\x1b[K");
});

Deno.test("formatTime() and formatRate() stay short", () => {
  assertEquals([0.04, 9.96, 59.6, 61, 3599.7, 7500].map(formatTime), [
    "0.0s",
    "10.0s",
    "1m00s",
    "1m01s",
    "1h00m",
    "2h05m",
  ]);
  assertEquals([250, 10.4, 2, 0.5, 0.01].map(formatRate), ["250/s", "10/s", "2.0/s", "30/min", "0.6/min"]);
});
