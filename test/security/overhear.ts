import { afterAll, beforeAll, vi } from "vitest";

/** Tells of all that this process writes from now on, which is shown nowhere, until all mocks are restored. */
export function overhear(tell: (said: string) => void): void {
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, "write").mockImplementation((text) => {
      tell(String(text));
      return true;
    });
  for (const level of ["log", "info", "warn", "error"] as const)
    vi.spyOn(console, level).mockImplementation((...said) => tell(`${said.map(String).join(" ")}\n`));
}

/** What this process writes while the tests of a describe run. */
export function overheard(): () => string {
  let written = "";
  beforeAll(() =>
    overhear((said) => {
      written += said;
    }),
  );
  afterAll(() => {
    vi.restoreAllMocks();
  });
  return () => written;
}
