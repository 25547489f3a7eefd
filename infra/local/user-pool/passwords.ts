import { randomBytes, scrypt as scryptWithCallback, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { refuse } from "./cognito-error.ts";

const scrypt = promisify<string, Buffer, number, Buffer>(scryptWithCallback);
const keyLength = 32;

const policy: [RegExp, string][] = [
  [/^.{8,}$/s, "Password not long enough"],
  [/^.{0,256}$/s, "Password too long"],
  [/\p{Lu}/u, "Password must have uppercase characters"],
  [/\p{Ll}/u, "Password must have lowercase characters"],
  [/[0-9]/, "Password must have numeric characters"],
];

/** Hashes a password that keeps to the pool's policy; refuses any other. */
export async function hashPassword(password: string): Promise<string> {
  const broken = policy.find(([rule]) => !rule.test(password));
  if (broken) refuse("InvalidPasswordException", `Password did not conform with policy: ${broken[1]}`);
  const salt = randomBytes(16);
  const key = await scrypt(password, salt, keyLength);
  return `${salt.toString("base64url")}.${key.toString("base64url")}`;
}

/** Whether this is the hashed password. Takes as long for somebody without one. */
export async function isPassword(password: string, hash: string | null): Promise<boolean> {
  const [salt = "", expected = ""] = (hash ?? "").split(".");
  const key = await scrypt(password.slice(0, 257), Buffer.from(salt, "base64url"), keyLength);
  return hash !== null && timingSafeEqual(key, Buffer.from(expected, "base64url"));
}
