// A skill: a folder of files that an agent is given, read from the operator's machine.

export interface Skill {
  readonly name: string;
  readonly files: readonly SkillFile[];
}

export interface SkillFile {
  /** Below the skill's folder, with `/`; never leads out of it. */
  readonly path: string;
  readonly content: Uint8Array;
  readonly isExecutable: boolean;
}
