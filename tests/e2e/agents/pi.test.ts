import { agentLoop } from "./agent-loop.ts";
import { pi } from "./cases/pi.ts";

agentLoop(pi);
