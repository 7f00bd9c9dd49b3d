import { agentLoop } from "./agent-loop.ts";
import { claude } from "./cases/claude.ts";

agentLoop(claude);
