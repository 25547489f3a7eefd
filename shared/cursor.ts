import { createHash } from "node:crypto";
import { Refusal } from "./refusal.ts";

/**
 * Where a list goes on: a position, and a checksum over list, caller and position. No secret is needed: which partition
 * is read comes from the token, so a cursor that somebody made up leads nowhere that the caller could not go.
 */
export const cursorAt = (list: string, position: string): string =>
  `${Buffer.from(position).toString("base64url")}.${checksum(list, position)}`;

/** @throws Refusal `invalid-cursor` where it is not of this list and caller, or names no place that a page can end at. */
export function positionOf(list: string, cursor: string, isPlace: (position: string) => boolean): string {
  const [encoded = "", sum, ...rest] = cursor.split(".");
  const position = Buffer.from(encoded, "base64url").toString();
  if (rest.length > 0 || cursorAt(list, position) !== `${encoded}.${sum}` || !isPlace(position))
    throw invalidCursor();
  return position;
}

const invalidCursor = () =>
  new Refusal("invalid-cursor", "The cursor is not one that this list gave to this caller.", {
    errors: [{ path: "?cursor", message: "Must be the nextCursor of an earlier page of this list" }],
  });

const checksum = (list: string, position: string) =>
  createHash("sha256").update(`1\n${list}\n${position}`).digest("base64url").slice(0, 16);
