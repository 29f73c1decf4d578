// sharp with its defaults, one thread a job; the protocol of prepare.c.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import fs from "node:fs";
import path from "node:path";

const sharp = createRequire(path.join(process.argv[2], "/"))("sharp");
sharp.cache(false);
sharp.concurrency(1);

const fits = { crop: "cover", pad: "contain", rescale: "fill" };
const cpu = () => { const u = process.cpuUsage(); return (u.user + u.system) / 1000; };
const peak = () => Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1]);
const rss = () => process.memoryUsage.rss() / 1024;

for await (const line of createInterface({ input: process.stdin })) {
    const [kind, src, mode, w, h, out] = line.split(" ");
    const job = (to) => sharp(src).removeAlpha()
        .resize({ width: +w, height: +h, fit: fits[mode], position: "centre", kernel: "lanczos3", background: "#000" })
        .png().toFile(to);
    const wall = performance.now(), before = cpu(), idle = rss();
    if (kind === "thr") {
        const worker = async (k) => {
            let n = 0;
            do { await job(`${out}.${k}`); n++; } while (performance.now() < wall + 1500);
            return n;
        };
        const n = (await Promise.all([worker(0), worker(1)])).reduce((a, b) => a + b);
        const ms = performance.now() - wall;
        console.log(n / ms * 1e3, (cpu() - before) / ms, n);
    } else {
        await job(out);
        console.log(...(kind === "mem" ? [Math.round(peak() - idle)] : [performance.now() - wall, cpu() - before]));
    }
}
