// Small scripts and links that stand on the PATH in a program's place: those that say where it is are followed, those that
// ask a version manager are not, since the manager is not in the bottle.

export type Shim =
  /** Go on there; relative to the shim's own folder. */
  | { readonly kind: "leads-to"; readonly path: string }
  /** Only its manager knows: `volta which codex` tells where it is. */
  | { readonly kind: "managed"; readonly manager: string; readonly ask: string };

/** Programs that a shim is a link to, and that look at the name they were called by. */
const MULTI_CALL: Readonly<Record<string, (name: string) => string>> = {
  "volta-shim": (name) => `volta which ${name}`,
  volta: (name) => `volta which ${name}`,
  mise: (name) => `mise which ${name}`,
  rtx: (name) => `rtx which ${name}`,
  proto: (name) => `proto bin ${name}`,
  "proto-shim": (name) => `proto bin ${name}`,
  snap: (name) => `snap info ${name}`,
};

/** `name` on the PATH is the file `real`, once all links are followed. */
export function shimOfLink(name: string, real: string): Shim | undefined {
  const base = real.slice(real.lastIndexOf("/") + 1);
  const ask = base === name ? undefined : MULTI_CALL[base];
  return ask === undefined ? undefined : { kind: "managed", manager: base.replace(/-shim$/, ""), ask: ask(name) };
}

const MANAGER =
  /\bexec\b[^\n]*?["']?(?:[^\s"']*\/)?(asdf|mise|nodenv|nodebrew|rbenv|pyenv|goenv|volta)["']?\s+(?:exec|x|run)\b/;
/** pnpm and npm's cmd-shim write these; the last one is what runs. */
const BASEDIR = /"\$basedir\/([^"\n$]+)"(?=[^\n]*"\$@")/g;

/** `text`: a script of the shell's. */
export function shimOfScript(name: string, text: string): Shim | undefined {
  const manager = MANAGER.exec(text)?.[1];
  if (manager !== undefined) return { kind: "managed", manager, ask: `${manager} which ${name}` };
  const targets = [...text.matchAll(BASEDIR)].map(([, path = ""]) => path).filter((path) => !/(^|\/)node$/.test(path));
  const last = targets.at(-1);
  return last === undefined ? undefined : { kind: "leads-to", path: last };
}
