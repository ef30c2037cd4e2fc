// Verifies bundles with @sigstore/verify. stdin: {"root": trusted root, "keys": {hint: base64 SPKI}, "bundles": {name: bundle}}.
// stdout: {name: "VERIFIED" or the refusal's code}.
import { readFileSync } from "node:fs";
import { createPublicKey } from "node:crypto";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { Verifier, toSignedEntity, toTrustMaterial } from "@sigstore/verify";

const given = JSON.parse(readFileSync(0, "utf8"));
const publicKeys = Object.fromEntries(
  Object.entries(given.keys).map(([hint, rawBytes]) => [hint, { rawBytes: pem(rawBytes) }]),
);
const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(given.root), publicKeys), {
  tlogThreshold: 1,
  ctlogThreshold: 0,
  timestampThreshold: 0,
});

function pem(spki) {
  return createPublicKey({ key: Buffer.from(spki, "base64"), format: "der", type: "spki" }).export({ format: "pem", type: "spki" });
}

function outcome(bundle) {
  try {
    verifier.verify(toSignedEntity(bundleFromJSON(bundle)));
    return "VERIFIED";
  } catch (error) {
    return error.code ?? error.name;
  }
}

console.log(JSON.stringify(Object.fromEntries(Object.entries(given.bundles).map(([name, bundle]) => [name, outcome(bundle)]))));
