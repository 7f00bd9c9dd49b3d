// What prompt injection looks like. Each pattern reads normalised text (see normalise.ts: small letters, single spaces, no quotes,
// no tags), except those of `markup`, which read the answer as it is written. None backtracks over more than a few words.

import { foldText } from "./fold.ts";

export interface InjectionRule {
  readonly id: string;
  /** One of these must occur, or the pattern is not tried. */
  readonly words: readonly string[];
  /** And one of these. */
  readonly also?: readonly string[];
  readonly pattern: RegExp;
}

const FILLER =
  "(?:(?:all|any|each|every|everything|of|the|your|my|our|these|those|this|that|other|and|or|both|to|please|just|completely|entirely|immediately|totally|simply|also|now|any|of|its|their|other) ){0,7}";
const BEFORE = "(?:previous|previously|prior|preceding|earlier|above|foregoing|former|past|existing|original|initial)";
const ORDERS =
  "(?:instructions?|prompts?|directions?|directives?|guidelines?|orders|commands|rules|messages?|conversation|context|programming|training)";
const FORGET =
  "(?:ignore|disregard|forget|discard|neglect|pay no attention to|(?:do not|dont|stop|never) (?:follow|following|obey|obeying|listen to|comply with))";
const YOURS =
  "(?:instructions|system prompt|guidelines|programming|(?:safety|security|content) (?:guidelines|rules|policy|policies|training|filters?|instructions|restrictions))";

/** A finding wherever it stands. */
export const RULES: readonly InjectionRule[] = [
  {
    id: "injection:ignore-instructions",
    words: [
      "ignore",
      "disregard",
      "forget",
      "discard",
      "neglect",
      "override",
      "bypass",
      "attention",
      "follow",
      "obey",
      "listen",
      "comply",
    ],
    also: [
      "instruction",
      "prompt",
      "direct",
      "guideline",
      "order",
      "command",
      "rule",
      "message",
      "con",
      "program",
      "training",
      "above",
      "before",
      "so far",
      " now",
      "safety",
      "security",
    ],
    pattern: new RegExp(
      [
        `\\b${FORGET} ${FILLER}${BEFORE}(?: \\w{1,14}){0,2}? ${ORDERS}\\b`,
        `\\b${FORGET} ${FILLER}(?:instructions|directives|system prompts?|orders) (?:above|before|you (?:were|have been|got|received)|given|from (?:the|your) (?:system|developer|user|operator))`,
        `\\b${FORGET} (?:all|any|everything|anything) (?:of )?(?:that )?(?:is |was |came |you were told |written |said )?(?:above|before this|so far|until now|up to now)\\b`,
        `\\b(?:${FORGET}|override|bypass) (?:any |all )?(?:of )?your (?:own |other |current |initial |original |previous |prior ){0,2}${YOURS}\\b`,
        `\\b(?:${FORGET}|override) (?:the |your )?(?:developer message|developer instructions|system instructions|system prompt)\\b`,
      ].join("|"),
    ),
  },
  {
    id: "injection:ignore-instructions",
    words: [
      "ignor",
      "oubli",
      "vergiss",
      "olvida",
      "dimentica",
      foldText("игнорир"),
      foldText("忽略"),
      foldText("无视"),
      foldText("無視"),
    ],
    pattern: new RegExp(
      [
        "\\b(?:ignora|ignore|ignorad|olvida|olvide) (?:por favor )?(?:todas? )?(?:las? |tus )?(?:instrucciones|indicaciones|ordenes) (?:anteriores|previas|recibidas)",
        "\\b(?:ignorez|ignore|oublie|oubliez) (?:toutes? )?(?:les |tes |vos )?(?:instructions|consignes|directives) (?:precedentes|anterieures|ci-dessus)",
        "\\b(?:ignoriere?|ignorieren sie|vergiss|vergessen sie) (?:bitte )?(?:alle )?(?:deine |ihre |die )?(?:vorherigen|bisherigen|vorigen|obigen|fruheren|vorangegangenen) (?:anweisungen|instruktionen|befehle|vorgaben)",
        "\\b(?:ignora|ignorate|dimentica) (?:tutte )?(?:le )?(?:tue )?(?:istruzioni|indicazioni) (?:precedenti|ricevute)",
        "\\b(?:ignore|ignora|esqueca) (?:todas )?(?:as )?(?:suas )?instrucoes (?:anteriores|previas)",
        foldText(
          "(?:игнорируй|игнорируйте|проигнорируй|забудь|забудьте) (?:все )?(?:твои |ваши )?(?:предыдущие|прошлые|прежние) (?:инструкции|указания|команды)",
        ),
        foldText(
          "(?:忽略|无视|無視)(?:掉)?(?:你)?(?:所有|全部)?(?:的)?(?:之前|以上|先前|前面|上面|以前)(?:的)?(?:所有|全部|任何)?(?:的)?(?:指令|指示|提示|说明|說明|命令)",
        ),
        foldText(
          "(?:以前|これまで|上記|前)の(?:すべての|全ての)?(?:指示|命令|プロンプト)(?:を|は)(?:すべて|全て)?無視",
        ),
      ].join("|"),
      "u",
    ),
  },
  {
    id: "injection:system-prompt",
    words: [
      "prompt",
      "system message",
      "developer message",
      "instructions",
      "text above",
      "words above",
      "everything above",
    ],
    pattern:
      /\b(?:reveal|print|show|repeat|output|display|tell me|disclose|leak|give me|write out|dump|send me|share|expose|recite|quote|echo)(?: me)? (?:(?:me|us|back|out|all|of|the|exact|full|entire|complete|whole|verbatim|contents?|text) ){0,6}(?:your (?:(?:own|full|entire|complete|exact|initial|original|hidden|secret|internal) ){0,3}(?:system prompt|system message|system instructions|developer message|initial instructions|initial prompt|hidden instructions|original instructions|instructions verbatim|prompt verbatim)|(?:words|text|everything|instructions) above (?:starting|beginning|verbatim|word for word))/,
  },
  {
    id: "injection:role-override",
    words: [
      "jailbr",
      "unrestricted",
      "uncensored",
      "unfiltered",
      "developer mode",
      "no longer bound",
      "do anything now",
      "without restrictions",
      "no restrictions",
    ],
    pattern:
      /\b(?:(?:you are now|you will now be|from now on you are|from now on you will be|act as|pretend to be|pretend you are|behave as|enter|switch to|you will act as)(?: an?| the| in| my)? (?:\w{1,14} ){0,2}?(?:jailbroken|unrestricted|uncensored|unfiltered|developer mode|do anything now|without restrictions|with no restrictions)\b|you are no longer bound by|developer mode (?:is |has been )?(?:now )?(?:enabled|activated))/,
  },
  {
    id: "injection:exfiltrate",
    words: ["http", "following", "attacker", "url", "webhook", "@"],
    also: [
      "key",
      "secret",
      "credential",
      "password",
      "token",
      "env",
      "id_rsa",
      "history",
      "conversation",
      "system prompt",
      ".ssh",
      ".aws",
    ],
    pattern:
      /\b(?:send|post|upload|forward|transmit|exfiltrate|email|leak|submit|copy)(?: me| us)? (?:(?:all|any|every|each|the|your|their|its|our|of|a|copy|full|entire|contents?|values?|list|users?|his|her|other|local|found|base64|encoded|available|secret) ){0,7}(?:api keys?|secrets?|credentials|passwords?|access tokens?|auth tokens?|tokens|environment variables?|env vars?|\.env(?: file)?|ssh keys?|private keys?|id_rsa|\/\.(?:ssh|aws)\S{0,20}|chat history|conversation(?: history)?|system prompt|process\.env)\b[^.!?]{0,60}? (?:to|at|via) (?:https?:\/\/|(?:the |this |my |our )?(?:following |attacker|url\b|webhook)|\S{1,40}@\S)/,
  },
  {
    id: "injection:exfiltrate",
    words: ["curl", "wget", "nc ", "fetch"],
    pattern:
      /(?:cat \S{0,40}(?:\.ssh\/|id_rsa|\.aws\/credentials|\.env\b|\.netrc|\.npmrc)\S{0,30}|\bprintenv|\benv) ?(?:base64[^a-z]{0,8}(?:w ?0)? ?)?(?:curl|wget|nc) (?:-|https?:)|\b(?:curl|wget)\b[^<]{0,120}?\$\((?:env|printenv|cat [^)]{0,60}(?:\.env|\.ssh|id_rsa|credentials|\.netrc))\b/,
  },
  {
    id: "injection:tool-coercion",
    words: [
      " ai",
      "ai ",
      "llm",
      "assistant",
      "agent",
      "language model",
      "claude",
      "chatgpt",
      "copilot",
      "codex",
      "gemini",
    ],
    also: ["run ", "execute", "curl", "wget", "approve", "delete", "disable", "send", "exfiltrate", "rm -rf"],
    pattern:
      /\b(?:(?:if you are|as) an? (?:ai|llm|language model|large language model|(?:ai |coding |autonomous )?(?:agent|assistant)|ai (?:agent|assistant|model|coding \w{1,10}))|(?:attention|note to|important for|instructions? (?:for|to)|message (?:for|to)|dear|hey|hello) (?:all |any |the )?(?:ais?|llms?|(?:ai|coding|autonomous) (?:agents?|assistants?|models?)|language models?|claude|chatgpt|copilot|codex|gemini)|(?:ai|coding|autonomous) (?:agents?|assistants?)|claude|chatgpt|llms?)(?: reading this| processing this| parsing this)?[^.<]{0,60}?(?:(?:you |now )?(?:must|need to|have to|are required to|are instructed to|should immediately|should now|should first)|please|:|[,;.!-])(?: now| first| immediately| also| always| silently)? (?:run|execute|curl|wget|approve|delete|download and run|exfiltrate|disable|send|install and run|rm -rf)\b/,
  },
  {
    id: "injection:tool-coercion",
    words: ["do not ", "dont ", "never ", "without "],
    also: ["user", "human", "operator", "owner", "developer"],
    pattern:
      /\b(?:(?:do not|dont|never) (?:mention|reveal|show|disclose|say) (?:this|it|any of this|anything) to (?:the |your )(?:user|human|operator|owner)s?\b|(?:do not|dont|never) (?:tell|inform|notify|alert|ask|let|warn) (?:this )?(?:the |your )(?:user|human|operator|owner|developer)s? (?:about (?:this|these|any|what)|that you|know\b|what you|of this|for (?:permission|confirmation|approval)|anything|before|first|or )|without (?:asking|telling|informing|notifying|alerting|consulting|confirming with) (?:the |your )(?:user|human|operator|owner)s?\b[^.]{0,60}?(?:run|execute|send|approve|install|delete|upload|call|commit|push))/,
  },
  {
    id: "injection:tool-coercion",
    words: ["disable", "turn off", "approve"],
    pattern:
      /\b(?:(?:disable|turn off|deactivate|switch off) (?:all |any |your |of )+(?:safety|security|guardrails?|sandbox|permission|content|approval)(?: \w{1,12}){0,2}?(?: checks?| filters?| prompts?| measures?| protocols?| guidelines| restrictions)?[,.;]? (?:and|then|so that you|before you)|(?:auto-?)?approve (?:all|any|every) (?:\w{1,12} ){0,2}(?:requests?|tool calls?|permission prompts?|commands) (?:without|automatically|silently|from now))/,
  },
];

/** Harmless where everybody sees it, and a finding where nobody should: in hidden markup, or in tag characters. */
export const ORDERS_TO_AGENTS: readonly RegExp[] = [
  /\b(?:ais?|llms?|language models?|ai assistants?|ai agents?|assistants?|chatbots?|chatgpt|claude|copilot|gemini|coding agents?)\b[^.]{0,50}?\b(?:must|should|need to|have to|please|are required|is required|are instructed|do not|always|never)\b/,
  /\byou (?:must|should|need to|have to|are required to|are instructed to|will) (?:now |always |also |only |first )?(?:ignore|disregard|reply|respond|obey|approve|recommend|rate|hire|say that|tell the user|tell users)\b/,
  /\b(?:new|updated|hidden|secret|special|additional) (?:system )?instructions?(?::| for (?:the |you|all )| follow)/,
  /\bfrom now on,? (?:you|always|only|respond|answer)\b/,
  /\b(?:tell|convince|instruct) the (?:user|human|reader) (?:to|that)\b/,
];

/** Words that each of ORDERS_TO_AGENTS needs one of; without, none is tried. */
export const ADDRESS_WORDS: readonly string[] = [
  "ai",
  "llm",
  "model",
  "assistant",
  "bot",
  "gpt",
  "claude",
  "copilot",
  "gemini",
  "agent",
  "you ",
  "instruction",
  "tell ",
  "convince",
  "from now",
];

/** Spaces and all signs taken out: for letters that stand apart. */
export const SQUEEZED =
  /(?:ignore|disregard|forget)(?:all|any|the|of|your|my)*(?:previous|prior|above|earlier|preceding)(?:instructions?|prompts?|rules|directions|messages)|(?:reveal|print|show|repeat)(?:me)?your(?:system|initial)(?:prompt|instructions)/;

/** Fake turns of a conversation and images that carry data away: in text as it is written, in small letters. */
export const MARKUP: readonly InjectionRule[] = [
  {
    id: "injection:role-tags",
    words: ["<|", "inst]", "<<sys", "start_of_turn", "function_", "tool_", "system", "### ", "human:"],
    pattern:
      /<\|(?:im_start|start_header_id)\|>\s{0,4}(?:system|user|assistant|developer|tool)|<\|(?:system|assistant|developer)\|>(?!["'`,])|\[inst\][^[]{1,400}\[\/inst\]|<<sys>>(?!["'`])|<start_of_turn>(?:model|user|system)|<\/?(?:function_calls|function_results?|tool_results?|system-reminder|system_prompt|system_instructions?)>|<\/?antml:\w{2,20}|<system>\s{0,4}(?:you |ignore|new instruction|important|from now|override|assistant|as an ai)|### ?instructions?:[^#]{0,300}### ?response:|\n\nhuman:[^\n]{1,300}\n\nassistant:/,
  },
  {
    id: "injection:markdown-exfil",
    words: ["]("],
    pattern:
      /!\[[^\]\n]{0,80}\]\(https?:\/\/[^\s)?]{1,120}\?(?:[^\s)]{0,80}&)?(?:q|d|s|c|data|secrets?|tokens?|payload|content|text|info|leak|exfil|env|keys?|api_?keys?|conversation|history|chat|prompts?|context|msg|message|summary|input|query|user|password|pw)=(?:\{(?!\{ ?site)|\[|<|\$\{?[a-z_]|%7b|%3c|%5b|base64|your[_-]|insert|data_here|secret)/,
  },
];
