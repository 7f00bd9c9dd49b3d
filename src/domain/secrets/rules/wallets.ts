// Wallets of cryptocurrencies, and payment cards.

import { decodeBase58Check } from "../checks/base58.ts";
import { entropy } from "../checks/randomness.ts";
import type { SecretRule } from "../rule.ts";
import { documentedCard, LONGEST_CARD, findPaymentCards } from "../walks/payment-cards.ts";
import { LONGEST_PHRASE, findSeedPhrases } from "../walks/seed-phrases.ts";
import { LONGEST_WALLET_KEY, findWalletKeys } from "../walks/wallet-keys.ts";
import { assigned, WORD } from "./writing.ts";

const EXTENDED_KEY_BYTES = 78;

export const walletRules: readonly SecretRule[] = [
  {
    id: "extended-private-key",
    title: "extended private key of a wallet",
    patterns: ["[xyzt]prv[1-9A-HJ-NP-Za-km-z]{107,108}"],
    accept: (value) => decodeBase58Check(value)?.length === EXTENDED_KEY_BYTES,
  },
  {
    id: "ethereum-private-key",
    title: "Ethereum private key",
    patterns: [
      ...assigned(
        ["private_key", "priv_key", "wallet_key", "secret_key", "eth-key", "deployer_key"],
        "0x[a-fA-F0-9]{64}",
      ),
      ...assigned(["private_key", "priv_key"], "[a-fA-F0-9]{64}"),
    ],
    notBefore: WORD,
    accept: (value) => entropy(value.slice(-64)) > 3,
  },
  { id: "bitcoin-private-key", title: "Bitcoin private key", longest: LONGEST_WALLET_KEY, walk: findWalletKeys },
  { id: "seed-phrase", title: "wallet seed phrase", longest: LONGEST_PHRASE, walk: findSeedPhrases },
  { id: "payment-card", title: "payment card number", longest: LONGEST_CARD, walk: findPaymentCards },
  documentedCard,
];
