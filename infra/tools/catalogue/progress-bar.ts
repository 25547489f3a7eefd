const width = 40;

/** A bar on the terminal's last line; where stderr is no terminal, a line at each tenth. */
export function progressBar(what: string) {
  let tenths = 0;
  return {
    /** `share` from 0 to 1. */
    show(share: number): void {
      const percent = `${Math.floor(share * 100)} %`;
      if (process.stderr.isTTY) {
        const done = Math.round(share * width);
        process.stderr.write(`\r${what} [${"#".repeat(done).padEnd(width, ".")}] ${percent.padStart(5)}`);
      } else if (Math.floor(share * 10) > tenths) {
        tenths = Math.floor(share * 10);
        process.stderr.write(`${what}: ${percent}\n`);
      }
    },
    /** Takes the bar away. */
    end(): void {
      if (process.stderr.isTTY) process.stderr.write("\r\u001B[K");
    },
  };
}
