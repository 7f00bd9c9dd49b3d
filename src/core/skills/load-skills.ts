// The skills that an agent definition names, as files for its bottle.

import { join } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import type { AgentDefinition } from "#domain/definition/definitions.ts";
import { nearestOf } from "#domain/problem/nearest.ts";
import type { Skill } from "#domain/provider/skill.ts";
import { sizeText } from "#domain/size.ts";

import { MOST_BYTES, MOST_SKILLS, sizeOf } from "./limits.ts";
import { folderIn, isLinked, namesIn, type Place, placesOf, SKILL_NAME, type SkillSources } from "./places.ts";
import { readSkill } from "./read-skill.ts";

export interface LoadedSkill extends Skill {
  /** Where it was found, for people: `the repository`. */
  readonly from: string;
}

export interface LoadedSkills {
  readonly skills: readonly LoadedSkill[];
  /** What the operator should know before the launch. */
  readonly warnings: readonly string[];
}

type Agent = Pick<AgentDefinition, "skills" | "from" | "path">;

/** Throws BottleError: `invalid` for a name or a folder that is no skill, `not-found` with what there is. Follows no way out. */
export async function loadSkills(agent: Agent, sources: SkillSources): Promise<LoadedSkills> {
  const names = [...new Set(agent.skills)];
  if (names.length > MOST_SKILLS) throw invalid(agent, `names more than ${MOST_SKILLS} skills`, "name fewer");
  const places = placesOf(agent.from, sources);
  const skills: LoadedSkill[] = [];
  const warnings: string[] = [];
  let left = MOST_BYTES;
  for (const name of names) {
    // oxlint-disable-next-line no-await-in-loop -- the sum is bounded as they come
    const { skill, hardLinked } = await loadSkill(name, agent, places);
    left -= sizeOf(skill.files);
    if (left < 0) throw invalid(agent, `its skills are larger than ${sizeText(MOST_BYTES)} together`, "name fewer");
    skills.push(skill);
    warnings.push(
      ...hardLinked.map((path) => `skill ${name}: ${path} is a hard link; the file has other names as well`),
    );
  }
  return { skills, warnings };
}

async function loadSkill(
  name: string,
  agent: Agent,
  places: readonly Place[],
): Promise<{ skill: LoadedSkill; hardLinked: readonly string[] }> {
  if (!SKILL_NAME.test(name)) {
    const rule = "a skill is named with a-z, 0-9, `.`, `_` and `-`, a letter or digit first, at most 64 characters";
    throw invalid(agent, `${JSON.stringify(name.slice(0, 80))} is no name of a skill`, rule);
  }
  for (const place of places) {
    // oxlint-disable-next-line no-await-in-loop -- the first place that has it wins
    const folder = await folderIn(place, name);
    if (folder === undefined) {
      // oxlint-disable-next-line no-await-in-loop -- see above
      if (await isLinked(place, name)) throw linked(place, name);
      continue;
    }
    // oxlint-disable-next-line no-await-in-loop -- see above
    const read = await readSkill(folder);
    if ("problem" in read) {
      throw new BottleError("invalid", `skill \`${name}\`: ${read.problem}`, { where: read.where, hint: read.hint });
    }
    return { skill: { name, files: read.files, from: place.words }, hardLinked: read.hardLinked };
  }
  throw await notFound(name, agent, places);
}

/** It hides what the next place has under its name, as a malformed definition does. */
function linked({ folder, trusted }: Place, name: string): BottleError {
  return new BottleError("invalid", `skill \`${name}\`: ${trusted ? "leads nowhere" : "is reached by a link"}`, {
    where: join(folder, name),
    hint: trusted ? "mend the link, or remove it" : "a repository's skills must be folders of its own",
  });
}

async function notFound(name: string, agent: Agent, places: readonly Place[]): Promise<BottleError> {
  const known = await namesIn(places);
  const nearest = nearestOf(name, known);
  const folders = places.map(({ folder }) => folder).join(" and ");
  const list = known.length > 20 ? `${known.slice(0, 20).join(", ")} and ${known.length - 20} more` : known.join(", ");
  const hint =
    known.length === 0
      ? `make the folder ${places.map(({ folder }) => join(folder, name)).join(" or ")} with a SKILL.md`
      : nearest === undefined
        ? `there are: ${list}`
        : `did you mean \`${nearest}\`? There are: ${list}`;
  return new BottleError("not-found", `there is no skill \`${name}\` in ${folders}`, {
    where: `${agent.path}: skills`,
    hint,
  });
}

function invalid({ path }: Agent, what: string, hint: string): BottleError {
  return new BottleError("invalid", what, { where: `${path}: skills`, hint });
}
