// The whole of a mirror's configuration. It is written anew at each start, and nobody else writes it.

export interface MirrorLimits {
  readonly maxPackBytes: number;
}

/** Blobs above this are streamed, not held: it bounds the memory of every git process here. */
const STREAMED_BLOB = "32m";

/** A pack is kept as it comes (unpackLimit): to unpack it is to compress every object anew. `maintain` joins small ones. */
export function mirrorConfig({ maxPackBytes }: MirrorLimits): string {
  return `# Written by the git gate at each start.
[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
	logAllRefUpdates = false
	bigFileThreshold = ${STREAMED_BLOB}
	packedGitWindowSize = 32m
	packedGitLimit = 256m
	deltaBaseCacheLimit = 32m
	attributesFile = /dev/null
	excludesFile = /dev/null
	fsmonitor = false
[pack]
	threads = 2
	windowMemory = 64m
[gc]
	auto = 0
	autoDetach = false
[maintenance]
	auto = false
[receive]
	fsckObjects = true
	maxInputSize = ${maxPackBytes}
	unpackLimit = 1
	autogc = false
	updateServerInfo = false
	advertiseAtomic = true
	advertisePushOptions = false
	denyDeleteCurrent = ignore
	denyCurrentBranch = ignore
	keepAlive = 5
[transfer]
	unpackLimit = 1
	hideRefs = refs
	hideRefs = !refs/heads
	hideRefs = !refs/tags
	hideRefs = !refs/notes
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = false
	keepAlive = 5
[uploadarchive]
	allowUnreachable = false
[http]
	uploadpack = true
	receivepack = true
	getanyfile = false
[protocol]
	allow = never
[protocol "ssh"]
	allow = always
`;
}
