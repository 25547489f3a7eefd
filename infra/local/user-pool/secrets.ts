import { createHash, randomBytes } from "node:crypto";

/** A code, cookie or refresh token that nobody can guess. */
export const newSecret = () => randomBytes(32).toString("base64url");

/** What is kept of a secret; also what PKCE's S256 asks for. */
export const digest = (secret: string) => createHash("sha256").update(secret).digest("base64url");
