import { agentLoop } from "./agent-loop.ts";
import { codex } from "./cases/codex.ts";

agentLoop(codex);
