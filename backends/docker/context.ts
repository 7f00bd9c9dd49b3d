// What every part of this backend is given: one daemon, the root folder, and the images made there.

import type { Engine } from "./engine/engine.ts";
import type { Images } from "./images/images.ts";

export interface DockerContext {
  /** The operator's root folder, absolute. */
  readonly root: string;
  /** As metadata names the backend: `docker`, or `docker:<host>`. */
  readonly name: string;
  readonly engine: Engine;
  readonly images: Images;
}
