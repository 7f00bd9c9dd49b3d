// Which files are bad just now, so that each is told once, and its mending too.

import type { FleetEvent } from "#domain/fleet/event.ts";

export interface Problems {
  /** `about` is what is read (several files may be one thing), `where` the file that is bad. */
  found(about: string, where: string, message: string): void;
  solved(about: string): void;
}

export function createProblems(emit: (event: FleetEvent) => void): Problems {
  const open = new Map<string, { where: string; message: string }>();
  const solved = (about: string): void => {
    const problem = open.get(about);
    if (problem === undefined) return;
    open.delete(about);
    emit({ type: "problem-solved", where: problem.where });
  };
  return {
    found(about, where, message) {
      const before = open.get(about);
      if (before?.where === where && before.message === message) return;
      if (before?.where !== where) solved(about);
      open.set(about, { where, message });
      emit({ type: "problem", where, message });
    },
    solved,
  };
}
