// One look of the credential watcher and its end, in a process that is killed before its n-th change on the disk:
// `node one-look.ts SEED HOME SLUG TOKEN KEY N`. Prints how many changes there were when it was not.

import { promises } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const [seed = "", home = "", holder = "", token = "", key = "", at = "0"] = process.argv.slice(2);

let changes = 0;
/** SIGKILL: nothing of ours runs any more, not even a `finally`. */
function count(): void {
  changes += 1;
  if (changes === Number(at)) process.kill(process.pid, "SIGKILL");
}
for (const name of ["open", "rename", "link", "rm", "writeFile", "mkdir"] as const) {
  const original = promises[name] as (...args: unknown[]) => Promise<unknown>;
  Object.assign(promises, {
    [name]: (...args: unknown[]) => {
      // Reading changes nothing: a crash before it is one before the next change.
      if (name !== "open" || args[1] === "wx") count();
      return original(...args);
    },
  });
}
syncBuiltinESMExports();

// After the names above stand for the counting ones.
const { openWatch } = await import("#sidecars/credentials/watch.ts");
const watching = await openWatch({
  home,
  file: ".codex/auth.json",
  key: key === "" ? undefined : key,
  lease: { seed, holder, token },
  tell: (line) => process.stderr.write(`${line}\n`),
  saved: async () => {},
  lost: async () => void process.exit(3),
  endAgent: async () => false,
});
await watching.tick();
await watching.finish();
process.stdout.write(String(changes));
