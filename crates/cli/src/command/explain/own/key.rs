//! Private keys.

use super::OwnCode;

pub(super) const CODES: &[OwnCode] = &[
    OwnCode {
        code: "key.algorithm",
        meaning: "the key is of another kind than RSA, which Salesforce does not take",
        next: "make one with `orgtoken key generate`, and upload its certificate to the app",
    },
    OwnCode {
        code: "key.certificate",
        meaning: "a certificate stands where the private key should",
        next: "give the private key that the certificate was made from: the file with `PRIVATE \
            KEY` in its first line",
    },
    OwnCode {
        code: "key.der",
        meaning: "the key is no well-formed DER: a part of it was changed or lost",
        next: "copy the key again from where it was made, as a file rather than as text",
    },
    OwnCode {
        code: "key.empty",
        meaning: "there is nothing where the private key should be",
        next: "put the key there, or name the file that has it",
    },
    OwnCode {
        code: "key.encoding",
        meaning: "the key's file is neither text in UTF-8 nor a key in binary form",
        next: "save the file as UTF-8, or copy it again as it is",
    },
    OwnCode {
        code: "key.encrypted",
        meaning: "the private key is encrypted, and there is no passphrase that opens it",
        next: "give it with `--key-passphrase-file`, or in ORGTOKEN_PASSPHRASE",
    },
    OwnCode {
        code: "key.exponent",
        meaning: "the key's public exponent is one that no safe key has: 65537 is expected",
        next: "make a new key with `orgtoken key generate`",
    },
    OwnCode {
        code: "key.format",
        meaning: "the file holds keys in a form that is not read, such as a key store",
        next: "convert it to PEM with the command that the error names",
    },
    OwnCode {
        code: "key.generation",
        meaning: "no key came of the attempt to make one",
        next: "run the command again",
    },
    OwnCode {
        code: "key.inconsistent",
        meaning: "the numbers of the key do not fit each other: it is damaged",
        next: "copy the key again from where it was made, or make a new one",
    },
    OwnCode {
        code: "key.kdf",
        meaning: "the passphrase of the key would take too long to turn into what opens it",
        next: "encrypt the key again with fewer rounds: `openssl pkcs8 -topk8`",
    },
    OwnCode {
        code: "key.mismatch",
        meaning: "the private key and the certificate do not belong together",
        next: "give the pair that was made at the same time; `orgtoken cert match` compares two",
    },
    OwnCode {
        code: "key.multiprime",
        meaning: "the key has more than two primes, which RS256 signers do not take",
        next: "make a new key with `orgtoken key generate`",
    },
    OwnCode {
        code: "key.not_a_key",
        meaning: "the input is neither a key nor a certificate",
        next: "read what the error says is needed, a private key or a certificate, and give its PEM or its file",
    },
    OwnCode {
        code: "key.passphrase",
        meaning: "the passphrase does not open the private key",
        next: "check that it is the passphrase of this key, and that no blank was added",
    },
    OwnCode {
        code: "key.pem",
        meaning: "the text of the key is damaged: a line holds what no key has",
        next: "copy the key again from where it was made; `orgtoken key inspect` names the line",
    },
    OwnCode {
        code: "key.permissions",
        meaning: "others can read the private key, or replace it",
        next: "run the `chmod` that the error names",
    },
    OwnCode {
        code: "key.private",
        meaning: "a private key was given where a public key or certificate is needed",
        next: "keep the private key to yourself, and give the certificate or the public key",
    },
    OwnCode {
        code: "key.public",
        meaning: "a public key stands where the private key should",
        next: "give the private key: the file with `PRIVATE KEY` in its first line",
    },
    OwnCode {
        code: "key.read",
        meaning: "the file or variable of the key cannot be read",
        next: "check the name, and who may read it",
    },
    OwnCode {
        code: "key.rng",
        meaning: "the system's random generator failed while a key was made",
        next: "check that the system's random generator works",
    },
    OwnCode {
        code: "key.several",
        meaning: "there are several private keys, and only one can sign",
        next: "keep the one whose certificate the app has",
    },
    OwnCode {
        code: "key.test_key",
        meaning: "the key is published in a standard or a test suite, so everyone has it",
        next: "make a key of your own with `orgtoken key generate`",
    },
    OwnCode {
        code: "key.too_large",
        meaning: "the key is larger than any that Salesforce takes, or the file is no key",
        next: "use a key of 2048 to 4096 bits",
    },
    OwnCode {
        code: "key.too_small",
        meaning: "the key has fewer than 2048 bits",
        next: "make a new key with `orgtoken key generate`",
    },
    OwnCode {
        code: "key.truncated",
        meaning: "the end of the key is missing",
        next: "copy the whole key again, from BEGIN to END",
    },
    OwnCode {
        code: "key.unsound",
        meaning: "the key that was made did not pass its check, and was thrown away",
        next: "run the command again",
    },
    OwnCode {
        code: "key.weak",
        meaning: "the key's primes can be found by others",
        next: "make a new key with `orgtoken key generate`, and upload its certificate to the app",
    },
];
