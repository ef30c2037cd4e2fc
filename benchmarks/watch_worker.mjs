// npm's llm_guardrail as `watch.py` drives it: all three of its models over each text once; prints its costs as one JSON line.
// node watch_worker.mjs MODULE TEXTS.jsonl
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [module, file] = process.argv.slice(2);
const started = process.cpuUsage();
const { checkAll } = await import(pathToFileURL(module));
await checkAll("warm up");
const ready = process.cpuUsage(started);
const texts = readFileSync(file, "utf-8").trim().split("\n").map((line) => JSON.parse(line).text);
const cpu = [], wall = [];
const skipped = Math.floor(texts.length / 10);
for (const [number, text] of texts.entries()) {
  const before = process.cpuUsage();
  const clock = performance.now();
  await checkAll(text);
  if (number < skipped) continue;
  const spent = process.cpuUsage(before);
  cpu.push((spent.user + spent.system) / 1e3);
  wall.push(performance.now() - clock);
}
console.log(JSON.stringify({ cpu_ms: cpu, wall_ms: wall, level_1: 0, setup_s: (ready.user + ready.system) / 1e6, rss_mb: process.resourceUsage().maxRSS / 1024 }));
